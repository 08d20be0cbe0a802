// Keeps the page of the field on the telephone; what it is made of changes its name with every version.
const FILES = {{ files|safe }};
const PAGE = {{ page|safe }};
const CACHE = "lamplighter-field-{{ version }}";

async function keepPage(answer) {
  // A log-in page that came in its place is not kept: offline it would lead nowhere.
  if (answer.ok && !answer.redirected && answer.type === "basic") {
    await (await caches.open(CACHE)).put(PAGE, answer.clone());
  }
  return answer;
}

self.addEventListener("install", (event) => event.waitUntil((async () => {
  await (await caches.open(CACHE)).addAll(FILES);
  await keepPage(await fetch(PAGE, { credentials: "same-origin", cache: "no-store" }));
  await self.skipWaiting();
})()));

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  const old = (await caches.keys()).filter((name) => name.startsWith("lamplighter-field-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
})()));

async function newestPage(request) {
  const kept = await caches.match(PAGE);
  const fresh = fetch(request).then(keepPage);
  if (!kept) return fresh;
  // A line that is up and carries nothing is the usual case in a cellar: what is kept is shown after three seconds.
  const tired = new Promise((resolve) => { setTimeout(() => resolve(kept), 3000); });
  return Promise.race([fresh.catch(() => kept), tired]);
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname === PAGE && event.request.mode === "navigate") event.respondWith(newestPage(event.request));
  else if (FILES.includes(url.pathname)) event.respondWith(caches.match(url.pathname).then((kept) => kept || fetch(event.request)));
});
