// Sends what waits: asks what the server has, sends the rest in parts, and forgets nothing before the receipt is here.
import * as store from "./store.js";

const PART = JSON.parse(document.getElementById("limits").textContent).part;
const PATIENCE_MS = 60000;
const MOST_STANDSTILLS = 3;

export class NoNetwork extends Error {}
export class LogInNeeded extends Error {}
export class Refused extends Error {}

function token() {
  const found = document.cookie.split("; ").find((each) => each.startsWith("lamplighter_csrf="));
  return found ? found.slice("lamplighter_csrf=".length) : "";
}

async function reach(address, options) {
  try {
    return await fetch(address, {
      ...options, redirect: "manual", credentials: "same-origin", cache: "no-store",
      headers: { ...options.headers, "X-CSRFToken": token() }, signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    throw new NoNetwork();
  }
}

export async function ask(address, { method = "GET", body = undefined, type = "application/json" } = {}) {
  const options = { method, body, headers: body === undefined ? {} : { "Content-Type": type } };
  let answer = await reach(address, options);
  if (answer.status === 403 && method !== "GET") {
    // A browser that was killed may have forgotten the page's token: the page gives it anew.
    await reach(document.body.dataset.home, {});
    answer = await reach(address, options);
  }
  // The session is over: the server leads to the log-in, or knows the page's token no more.
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) throw new LogInNeeded();
  let said = {};
  try { said = await answer.json(); } catch { said = {}; }
  if (!answer.ok) throw new Refused(said.sentence || `HTTP ${answer.status}`);
  return said;
}

async function sendItem(base, item, sequence, standing) {
  let [state, received] = standing.items[item.item_id] ?? ["coming", 0];
  let standstills = 0;
  let newest = standing;
  while (state === "coming") {
    const query = new URLSearchParams({ sequence, sha256: item.sha256, size: item.size, offset: received });
    const body = item.bytes.slice(received, received + PART);
    newest = await ask(`${base}items/${item.item_id}/?${query}`, { method: "PUT", body, type: "application/octet-stream" });
    const before = received;
    [state, received] = newest.items[item.item_id];
    if (state === "coming" && received <= before) {
      standstills += 1;
      if (standstills > MOST_STANDSTILLS) throw new Refused(`${item.sha256.slice(0, 12)}: ${received} / ${item.size}`);
    }
  }
  return newest;
}

async function sendRecord(home, record, onStep) {
  const base = `${home}visits/${record.visit_id}/${record.record_id}/`;
  let standing = await ask(base);
  const items = await store.items(record.record_id);
  for (const [place, item] of items.entries()) {
    onStep({ done: place, all: items.length + 1 });
    standing = await sendItem(base, item, place + 1, standing);
  }
  onStep({ done: items.length, all: items.length + 1 });
  if (!standing.is_whole) {
    const query = new URLSearchParams({ sha256: record.sha256, now: new Date().toISOString() });
    standing = await ask(`${base}sheet/?${query}`, { method: "PUT", body: record.sheet });
  }
  if (!standing.is_whole) throw new Refused("…");
  await store.markSent(record.record_id, standing);
}

// Returns how it ended: "sent", "offline", "log_in" or "busy" (another page of this telephone is at it).
export function sendWaiting({ home, staff, onStep }) {
  return navigator.locks.request("lamplighter-field-sending", { ifAvailable: true }, async (lock) => {
    if (!lock) return "busy";
    const waiting = (await store.records()).filter((each) => each.state === "sealed" && each.staff_id === staff.id);
    for (const record of waiting) {
      try {
        await sendRecord(home, record, onStep);
      } catch (failure) {
        if (failure instanceof NoNetwork) return "offline";
        if (failure instanceof LogInNeeded) return "log_in";
        if (!(failure instanceof Refused)) throw failure;
        // One that is stuck does not hold up the others; it stays, with the reason.
        await store.markTrouble(record.record_id, failure.message);
      }
    }
    return "sent";
  });
}
