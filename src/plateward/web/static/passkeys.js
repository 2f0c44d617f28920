// Passkeys: asks the browser for one, and hands what it signs to the node. Without scripts a one-time link signs in.
const form = document.querySelector("[data-passkey]");
const told = form?.querySelector("[role=status]");

async function ask(path, body) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  const csrf = form.querySelector("[name=csrf]")?.value;
  if (csrf) headers["X-CSRF-Token"] = csrf;
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body ?? {}) });
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(data.error ?? `The node answered ${answer.status}.`);
  return data;
}

async function add() {
  const options = PublicKeyCredential.parseCreationOptionsFromJSON(await ask("/api/v1/account/passkeys/begin"));
  const credential = await navigator.credentials.create({ publicKey: options });
  return ask("/api/v1/account/passkeys", { credential: credential.toJSON(), name: form.elements.name.value });
}

async function signIn() {
  const options = PublicKeyCredential.parseRequestOptionsFromJSON(await ask("/api/v1/login/passkey/begin"));
  const credential = await navigator.credentials.get({ publicKey: options });
  return ask("/api/v1/login/passkey", { credential: credential.toJSON(), back: form.elements.back.value });
}

function why(error) {
  if (error.name === "NotAllowedError") return "Nothing was done: the device was not asked, did not answer, or said no.";
  if (error.name === "InvalidStateError") return "This device has a passkey for your account already.";
  if (error.name === "SecurityError") return `Passkeys need this site's own name: open ${form.dataset.site}.`;
  return error.message;
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  told.textContent = "";
  try {
    const done = await (form.dataset.passkey === "add" ? add() : signIn());
    window.location.assign(done.location);
  } catch (error) {
    told.textContent = why(error);
    button.disabled = false;
  }
});

if (form && !window.PublicKeyCredential?.parseCreationOptionsFromJSON) {
  form.querySelector("button").disabled = true;
  told.textContent = "This browser, or this address, offers no passkeys.";
}
