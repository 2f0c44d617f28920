// Lets this browser receive push messages: asks for leave, subscribes, and enters the subscription as a form does.
const form = document.querySelector("[data-push-key]");
const say = (text) => { form.querySelector("[data-push-state]").textContent = text; };
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

if (form && !("serviceWorker" in navigator && "PushManager" in window)) {
  form.querySelector("button").disabled = true;
  say("This browser takes no push messages, or the node is not reached over https.");
}

form?.addEventListener("submit", async (event) => {
  if (form.elements.endpoint.value) return;
  event.preventDefault();
  try {
    if (await Notification.requestPermission() !== "granted") throw new Error("You did not allow messages.");
    await navigator.serviceWorker.register("/push-worker.js");
    const worker = await navigator.serviceWorker.ready;
    const given = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(form.dataset.pushKey) });
    form.elements.endpoint.value = given.endpoint;
    form.elements.p256dh.value = text(given.getKey("p256dh"));
    form.elements.auth.value = text(given.getKey("auth"));
    form.requestSubmit();
  } catch (fault) {
    say(`That did not work: ${fault.message}`);
  }
});
