// The telephone of a crew: the day's visits, one visit, and the state of the queue always in sight.
import { isPossible } from "./capture.js";
import { showForm } from "./form.js";
import { ask, LogInNeeded, NoNetwork, Refused, sendWaiting } from "./sending.js";
import * as store from "./store.js";
import { clock, make, say } from "./words.js";

const { home, worker, day: dayAddress, logIn, desk } = document.body.dataset;
const EVERY_MS = 20000;
const main = document.getElementById("content");
const queue = document.getElementById("queue");
// What the last try came to; the rest is on the telephone's own shelf.
const now = { isOffline: !navigator.onLine, needsLogIn: false, step: null, sentence: "" };

async function drawQueue() {
  const staff = await store.about("staff");
  const all = await store.records();
  const mine = all.filter((each) => each.staff_id === staff?.id && each.state === "sealed");
  const others = all.filter((each) => each.staff_id !== staff?.id && each.state === "sealed");
  const last = await store.about("last_sent");
  const offset = Math.round(((await store.about("clock_offset_ms")) ?? 0) / 60000);
  const limit = (await store.about("day"))?.checklists.figures.clock_warning_seconds ?? 120;
  const trouble = mine.find((each) => each.trouble)?.trouble;
  const count = mine.length ? say("waiting", { n: mine.length }) : say("nothing_waiting");
  const line = now.step ? say("sending", now.step) : last ? say("last_sent", { at: clock(last) }) : say("never_sent");
  queue.dataset.waiting = String(mine.length);
  queue.dataset.state = now.step ? "sending" : now.needsLogIn ? "log_in" : now.isOffline ? "offline" : "idle";
  queue.replaceChildren(...[
    make("div", { class: "queue-line" }, make("span", { class: mine.length ? "count some" : "count" }, count), make("span", {}, line),
      now.isOffline ? make("span", { class: "tagged" }, say("offline")) : null,
      mine.length ? make("button", { type: "button", class: "btn btn-sm", id: "send", onclick: () => send() }, say("send")) : null),
    now.needsLogIn ? make("p", { class: "warn" }, say("log_in_needed"), " ", make("a", { class: "btn btn-sm", href: logIn }, say("log_in"))) : null,
    trouble || now.sentence ? make("p", { class: "warn" }, say("trouble", { sentence: trouble || now.sentence })) : null,
    Math.abs(offset) * 60 >= limit ? make("p", { class: "warn" }, say("clock_wrong", { minutes: offset })) : null,
    others.length ? make("p", { class: "warn" }, say("other_staff", { n: others.length })) : null,
  ].filter(Boolean));
}

async function fetchDay() {
  try {
    const before = Date.now();
    const day = await ask(dayAddress, { method: "POST", body: "" });
    await store.keepDay({ ...day, fetched_at: new Date().toISOString() });
    await store.setAbout("clock_offset_ms", Date.parse(day.server_now) - (before + Date.now()) / 2);
    Object.assign(now, { isOffline: false, needsLogIn: false, sentence: "" });
  } catch (failure) {
    told(failure);
  }
  await drawQueue();
}

function told(failure) {
  if (failure instanceof NoNetwork) now.isOffline = true;
  else if (failure instanceof LogInNeeded) now.needsLogIn = true;
  else if (failure instanceof Refused) now.sentence = failure.message;
  else throw failure;
}

async function send() {
  const staff = await store.about("staff");
  if (!staff) return;
  const ended = await sendWaiting({ home, staff, onStep: (step) => { now.step = step; drawQueue(); } });
  const hasSent = now.step !== null && ended === "sent";
  now.step = null;
  if (ended !== "busy") {
    now.isOffline = ended === "offline" || (ended !== "sent" && now.isOffline);
    now.needsLogIn = ended === "log_in" || (ended === "offline" && now.needsLogIn);
  }
  await drawQueue();
  if (hasSent) await fetchDay();
  if (location.hash.length < 3) await drawList();
}

function stateOf(visit, records) {
  const own = records.filter((each) => each.visit_id === visit.visit_id && visit.visit_id);
  return own.find((each) => each.state !== "sent") ?? own.at(-1);
}

function card(visit, record, day) {
  const { lists } = day.checklists;
  const tags = visit.lists.filter((name) => name !== "base").map((name) => make("span", { class: "tagged" }, lists[name].words));
  const words = record ? say(record.state === "draft" ? "draft" : record.state === "sealed" ? "sealed" : "sent") : null;
  // Sent, and open again by what the desk said since: nobody was there, and the visit is to be made once more.
  const isDone = record?.state === "sealed" || (record?.state === "sent" && !(day.fetched_at > record.sent_at && !visit.why_not));
  const act = isDone ? null
    : visit.why_not && record?.state !== "draft" ? make("p", { class: "quiet" }, visit.why_not)
      : make("button", { type: "button", class: "btn btn-primary big", "data-visit": visit.visit_id, onclick: () => begin(visit, record?.state === "draft" ? record : null) }, say(record?.state === "draft" ? "go_on" : "begin"));
  return make("article", { class: "card-line" },
    make("div", { class: "card-head" }, make("b", {}, `${visit.arrive} ${visit.masked_account}`), words ? make("span", { class: `tagged ${record.state}` }, words) : null),
    make("p", {}, [visit.area_name, visit.class_words].filter(Boolean).join(" · "), visit.is_protected ? make("span", { class: "tagged" }, say("protected")) : null),
    visit.meter_id ? make("p", { class: "quiet" }, `${say("meter")} ${visit.meter_id} · ${visit.case_no}`) : null,
    make("p", { class: "tags" }, tags),
    visit.latitude !== null ? make("a", { class: "quiet", href: `geo:${visit.latitude},${visit.longitude}` }, say("way")) : null,
    act);
}

async function begin(visit, record) {
  const made = record ?? await store.begin(visit, await store.about("staff"));
  location.hash = `#/${made.record_id}`;
}

function receiptLine(record) {
  const { link, has_moved: hasMoved } = record.receipt;
  return make("li", {}, make("b", {}, `${record.visit.masked_account} `), clock(record.sent_at), " · ", say(hasMoved ? "moved" : "unmoved"),
    link ? make("span", { class: "quiet mono" }, say("receipt", { number: link[0], hash: link[1].slice(0, 16) })) : null);
}

async function drawList() {
  const [day, staff, all] = [await store.about("day"), await store.about("staff"), await store.records()];
  const records = all.filter((each) => each.staff_id === staff?.id);
  const fetching = make("button", { type: "button", class: "btn", id: "fetch", onclick: async (event) => { event.target.disabled = true; await fetchDay(); await drawList(); } }, say("fetch"));
  if (!day) {
    main.replaceChildren(make("p", { class: "empty" }, say("never")), fetching);
    return;
  }
  const known = new Set(day.visits.map((visit) => visit.visit_id));
  // Begun yesterday, or of a plan that was changed since: it is still here to be finished.
  const left = records.filter((each) => each.state !== "sent" && !known.has(each.visit_id)).map((each) => each.visit);
  const cards = [...day.visits, ...left].map((visit) => card(visit, stateOf(visit, records), day));
  const sent = records.filter((each) => each.state === "sent");
  main.replaceChildren(
    make("div", { class: "list-head" }, make("h1", {}, `${say("today")} ${day.on}`), make("span", { class: "quiet" }, `${staff.name} · ${say("fetched", { at: clock(day.fetched_at) })}`)),
    ...(cards.length ? cards : [make("p", { class: "empty" }, make("b", {}, say("no_visits")), make("br"), say("no_visits_more"))]),
    fetching,
    sent.length ? make("section", { class: "block" }, make("h2", {}, say("sent_list")), make("ul", { class: "receipts" }, sent.map(receiptLine))) : "",
    make("p", {}, make("a", { class: "quiet", href: desk }, "← ", document.title.split(" · ").at(-1))));
}

async function drawVisit(id) {
  const [record, day] = [await store.record(id), await store.about("day")];
  if (!record || record.state !== "draft" || !day || record.staff_id !== (await store.about("staff"))?.id) { location.hash = "#/"; return; }
  const form = make("div");
  main.replaceChildren(make("a", { class: "back", href: "#/" }, "← ", say("back")),
    make("div", { class: "list-head" }, make("h1", {}, record.visit.masked_account),
      make("span", { class: "quiet" }, `${record.visit.area_name} · ${say("meter")} ${record.visit.meter_id} · ${record.visit.case_no}`)), form);
  await showForm(form, { record, day, device: await store.device(), finished: () => { location.hash = "#/"; send(); } });
  main.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

async function draw() {
  const id = location.hash.replace(/^#\//, "");
  await drawQueue();
  await (id ? drawVisit(id) : drawList());
  document.body.dataset.ready = "yes";
}

async function start() {
  if (!isPossible()) {
    main.replaceChildren(make("p", { class: "warn", role: "alert" }, say("insecure")));
    return;
  }
  window.addEventListener("hashchange", draw);
  window.addEventListener("online", () => send());
  window.addEventListener("offline", () => { now.isOffline = true; drawQueue(); });
  // Asked for, not needed: a browser that may throw away what is here when room is short does so last.
  navigator.storage?.persist?.();
  await draw();
  if ("serviceWorker" in navigator) await navigator.serviceWorker.register(worker, { scope: home }).catch(() => null);
  document.body.dataset.kept = navigator.serviceWorker?.controller ? "yes" : "no";
  navigator.serviceWorker?.addEventListener("controllerchange", () => { document.body.dataset.kept = "yes"; });
  await send();
  await fetchDay();
  if (location.hash.length < 3) await drawList();
  setInterval(() => send(), EVERY_MS);
}

start();
