// Shows push messages, and opens the alert that one is about. A repetition takes the place of the first (the same tag).
self.addEventListener("push", (event) => {
  const said = event.data?.json() ?? {};
  event.waitUntil(self.registration.showNotification(said.title ?? "Alert", {
    body: said.text, tag: said.tag, data: { link: said.link }, requireInteraction: true,
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const link = new URL(event.notification.data?.link ?? "/alerts", self.location.origin);
  event.waitUntil(self.clients.openWindow(self.location.origin + link.pathname));
});
