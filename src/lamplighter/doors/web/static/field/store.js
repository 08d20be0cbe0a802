// What is on the telephone: the day's visits, records that are begun or wait, and their files. Each change is written
// at once; a page that is killed loses nothing but the letter that was being typed.
import { openDB } from "../idb/idb.js";

const STRICT = { durability: "strict" };
let opened = null;

function open() {
  opened ??= openDB("lamplighter-field", 1, {
    upgrade(database) {
      database.createObjectStore("about");
      database.createObjectStore("records", { keyPath: "record_id" });
      database.createObjectStore("items", { keyPath: "item_id" }).createIndex("record_id", "record_id");
    },
  });
  return opened;
}

export async function about(name) { return (await open()).get("about", name); }
export async function setAbout(name, value) { return (await open()).put("about", value, name); }

export async function device() {
  const known = await about("device");
  if (known) return known;
  const made = crypto.randomUUID();
  await setAbout("device", made);
  return made;
}

export async function records() {
  const all = await (await open()).getAll("records");
  return all.sort((one, other) => (one.begun_at < other.begun_at ? -1 : 1));
}

export async function record(id) { return (await open()).get("records", id); }

export async function items(recordId) {
  const all = await (await open()).getAllFromIndex("items", "record_id", recordId);
  return all.sort((one, other) => one.order - other.order);
}

export async function begin(visit, staff) {
  const made = {
    record_id: crypto.randomUUID(), visit_id: visit.visit_id, staff_id: staff.id, visit, state: "draft",
    begun_at: new Date().toISOString(), form: {}, count: 0,
  };
  await (await open()).put("records", made);
  return made;
}

// Only a draft is changed: a page that was left open cannot undo what another one sealed.
export async function saveForm(recordId, form) {
  const change = (await open()).transaction("records", "readwrite");
  const kept = await change.store.get(recordId);
  if (kept?.state === "draft") await change.store.put({ ...kept, form });
  await change.done;
}

export async function addItem(recordId, item) {
  const change = (await open()).transaction(["records", "items"], "readwrite", STRICT);
  const kept = await change.objectStore("records").get(recordId);
  if (kept?.state === "draft") {
    const order = kept.count + 1;
    await change.objectStore("items").put({ ...item, record_id: recordId, order });
    await change.objectStore("records").put({ ...kept, count: order });
  }
  await change.done;
}

export async function removeItem(recordId, itemId) {
  const change = (await open()).transaction(["records", "items"], "readwrite", STRICT);
  const kept = await change.objectStore("records").get(recordId);
  if (kept?.state === "draft") await change.objectStore("items").delete(itemId);
  await change.done;
}

// Sealed with the files it names, or not at all.
export async function seal(recordId, sheet, sha256, itemIds) {
  const change = (await open()).transaction(["records", "items"], "readwrite", STRICT);
  const kept = await change.objectStore("records").get(recordId);
  const here = (await change.objectStore("items").index("record_id").getAllKeys(recordId)).sort().join();
  const fits = kept?.state === "draft" && here === [...itemIds].sort().join();
  if (fits) {
    await change.objectStore("records").put({ ...kept, state: "sealed", sheet, sha256, sealed_at: new Date().toISOString() });
  }
  await change.done;
  return fits;
}

// The files go only in the very change that keeps the server's receipt.
export async function markSent(recordId, receipt) {
  const change = (await open()).transaction(["records", "items", "about"], "readwrite", STRICT);
  const kept = await change.objectStore("records").get(recordId);
  if (kept?.state === "sealed") {
    const at = new Date().toISOString();
    await change.objectStore("records").put({ ...kept, state: "sent", sent_at: at, receipt, trouble: null });
    for (const key of await change.objectStore("items").index("record_id").getAllKeys(recordId)) {
      await change.objectStore("items").delete(key);
    }
    await change.objectStore("about").put(at, "last_sent");
  }
  await change.done;
}

export async function markTrouble(recordId, trouble) {
  const change = (await open()).transaction("records", "readwrite");
  const kept = await change.store.get(recordId);
  if (kept?.state === "sealed") await change.store.put({ ...kept, trouble });
  await change.done;
}

// Somebody else's day is not for this reader; what waits to be sent stays.
export async function keepDay(day) {
  const change = (await open()).transaction("about", "readwrite");
  await change.store.put(day, "day");
  await change.store.put(day.staff, "staff");
  await change.done;
}
