// Made with derive. Keeps the page for when there is no network; the worker keeps the packages.
"use strict";
const site = << site >>;
const mine = `derive ${registration.scope} `; // the page makes the same name for what its worker keeps
const [page, packages] = [mine + site.digest, mine + site.packages];

addEventListener("install", event => event.waitUntil((async () => {
  const cache = await caches.open(page);
  await cache.addAll(site.files.map(file => new Request(new URL(file, registration.scope), {cache: "no-cache"})));
  await skipWaiting();
})()));

addEventListener("activate", event => event.waitUntil((async () => {
  for (const name of await caches.keys())
    if (name.startsWith(mine) && name !== page && name !== packages) await caches.delete(name);
  await clients.claim();
})()));

const kept = async (name, request) => (await caches.open(name)).match(request, {ignoreSearch: true, ignoreVary: true});

addEventListener("fetch", event => {
  const {request} = event;
  if (request.method !== "GET" || !request.url.startsWith(registration.scope)) return;
  event.respondWith((async () => {
    // A newer page comes from the network; its files have other names, so that old and new are never mixed.
    if (request.mode === "navigate") return fetch(request).catch(async error => {
      const found = await kept(page, registration.scope);
      if (!found) throw error;
      return found;
    });
    return await kept(page, request) ?? await kept(packages, request) ?? fetch(request);
  })());
});
