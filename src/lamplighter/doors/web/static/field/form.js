// The sheet of a visit: what is asked follows the suspicion; what is lacking is said before anything is sealed.
// The server works the same sums again (inspection/field/rules.py) and decides by its own.
import { drawSmall, fingerprint, NotTaken, position, signaturePad, takePhoto } from "./capture.js";
import * as store from "./store.js";
import { make, say } from "./words.js";

const LIMITS = JSON.parse(document.getElementById("limits").textContent);
const BASE = "base";
const PHASES = [0, 1, 2];
const FIELDS = ["power_factor", "multiplier", "pulses", "seconds", "pulses_per_kwh"];
const FIELD_WORDS = { pulses_per_kwh: "constant" };

const figure = (typed) => {
  const words = String(typed ?? "").trim().replace(",", ".");
  const value = Number(words);
  return words !== "" && Number.isFinite(value) ? value : null;
};
const percent = (share) => `${(share * 100).toFixed(1)} %`;

export function balanceOf(typed) {
  if (!typed) return null;
  const phases = PHASES.map((phase) => typed.phases?.[phase] ?? {})
    .map((each) => ({ voltage_v: figure(each.voltage_v), in_a: figure(each.in_a), through_a: figure(each.through_a) }))
    .filter((each) => Object.values(each).every((value) => value !== null));
  const rest = Object.fromEntries(FIELDS.map((name) => [name, figure(typed[name])]));
  if (!phases.length || Object.values(rest).includes(null)) return null;
  if (!(rest.power_factor > 0 && rest.power_factor <= 1 && rest.multiplier > 0 && rest.seconds > 0 && rest.pulses_per_kwh > 0)) return null;
  return { phases, ...rest };
}

export function workOutBalance(values, tolerance) {
  const factor = values.power_factor / 1000;
  const sum = (name) => values.phases.reduce((total, phase) => total + phase.voltage_v * phase[name], 0) * factor;
  const flow = sum("in_a");
  const through = sum("through_a") * values.multiplier;
  const counted = values.pulses / values.pulses_per_kwh * values.multiplier * 3600 / values.seconds;
  if (!(flow > 0)) return { flow, through, counted, past: 0, gap: 0, isClosed: false, showsLoss: false };
  const past = 1 - through / flow;
  const gap = (counted - through) / flow;
  const isClosed = Math.abs(gap) <= tolerance;
  return { flow, through, counted, past, gap, isClosed, showsLoss: isClosed && past >= tolerance };
}

function sayBalance(found) {
  const kw = (value) => value.toFixed(2);
  if (!(found.flow > 0)) return say("balance_none");
  if (!found.isClosed) return say("balance_open", { counted: kw(found.counted), through: kw(found.through), gap: percent(found.gap) });
  if (!found.showsLoss) return say("balance_small", { past: percent(found.past) });
  return say("balance_shows", { flow: kw(found.flow), counted: kw(found.counted), past: percent(found.past) });
}

function isAnswered(step, answer) {
  if (!answer) return false;
  if (step.kind === "yes_no") return answer.is_yes === true || answer.is_yes === false;
  if (step.kind === "number") return figure(answer.figure) !== null;
  if (step.kind === "balance") return balanceOf(answer.balance) !== null;
  return Boolean(String(answer.words ?? "").trim());
}

export function lacksOf(form, items, lists) {
  const found = [];
  const add = (name, step = "") => found.push(say(`lack_${name}`, { step: step && lists.steps[step].words }));
  const filled = (name) => Boolean(String(form[name] ?? "").trim());
  if (!form.outcome) add("outcome");
  if (!form.second) add("second_inspector");
  if (!form.position && !filled("position_missing")) add("position");
  if (lists.without_result.includes(form.outcome)) return found;
  if (!form.certificate) add("certificate");
  if (form.consent === "signed") {
    if (!filled("signer") || !items.some((item) => item.kind === "signature")) add("signature");
  } else if (!form.consent) add("signature");
  else if (!filled("witness") || !filled("reason")) add("witness");
  let asked = lists.lists[BASE].steps;
  if (lists.proven.includes(form.outcome)) {
    if (form.found_by) asked = [...new Set([...asked, ...lists.lists[form.found_by].proofs])];
    else add("finding");
  }
  for (const name of asked) {
    const step = lists.steps[name];
    const answer = form.answers?.[name];
    if (step.kind === "photo") {
      if (!items.some((item) => item.kind === "photo" && item.step === name)) add("step", name);
    } else if (!isAnswered(step, answer)) add("step", name);
    else if (step.kind === "balance" && !workOutBalance(balanceOf(answer.balance), lists.figures.balance_tolerance).showsLoss) add("balance", name);
  }
  return found;
}

function answerOf(name, step, answer) {
  if (step.kind === "yes_no") return { step: name, is_yes: answer.is_yes };
  if (step.kind === "number") return { step: name, figure: figure(answer.figure) };
  if (step.kind === "balance") return { step: name, balance: balanceOf(answer.balance) };
  return { step: name, words: String(answer.words) };
}

export async function sheetOf(record, form, items, lists, device) {
  const wanted = form.consent !== "signed" ? items.filter((item) => item.kind !== "signature") : items;
  const answers = Object.entries(form.answers ?? {})
    .filter(([name, answer]) => lists.steps[name] && lists.steps[name].kind !== "photo" && isAnswered(lists.steps[name], answer))
    .map(([name, answer]) => answerOf(name, lists.steps[name], answer));
  const words = (name) => String(form[name] ?? "");
  return {
    wanted,
    sheet: JSON.stringify({
      record_id: record.record_id, visit_id: record.visit_id, device_id: device,
      checklist_version: lists.version, started_at: record.begun_at, finished_at: new Date().toISOString(),
      second_inspector: words("second"), certificate_shown: Boolean(form.certificate), outcome: words("outcome"),
      found_by: lists.proven.includes(form.outcome) ? words("found_by") : "",
      signing: { consent: form.consent || "absent", signer: words("signer"), relation: words("relation"), reason: words("reason"), witness: words("witness") },
      items: wanted.map((item, place) => ({
        item_id: item.item_id, sequence: place + 1, kind: item.kind, step: item.step ?? "", subject: "",
        sha256: item.sha256, size: item.size, taken_at: item.taken_at,
      })),
      answers,
      seals: (form.seals ?? []).filter((seal) => seal.place || seal.number)
        .map((seal) => ({ place: seal.place ?? "", number: seal.number ?? "", state: seal.state || "intact", new_number: seal.new_number ?? "" })),
      position: form.position ?? null, position_missing: words("position_missing"), note: words("note"),
    }),
  };
}

// The page of one draft. `finished()` is called once it is sealed.
export async function showForm(into, { record, day, device, finished }) {
  const lists = day.checklists;
  const form = record.form;
  form.answers ??= {};
  form.seals ??= [];
  let items = await store.items(record.record_id);
  let isSealing = false;

  const lacking = make("ul", { class: "lacks" });
  const finish = make("button", { class: "btn btn-primary big", type: "button", onclick: seal }, say("finish"));
  const keep = () => store.saveForm(record.record_id, form).then(judge);

  function judge() {
    const lacks = lacksOf(form, items, lists);
    lacking.replaceChildren(...lacks.map((each) => make("li", {}, each)));
    lacking.previousElementSibling.hidden = lacks.length === 0;
    finish.disabled = lacks.length > 0 || isSealing;
    for (const box of into.querySelectorAll("[data-shows]")) {
      const [name, ...values] = box.dataset.shows.split(" ");
      box.hidden = !values.includes(String(form[name] ?? ""));
    }
  }

  async function reload() {
    items = await store.items(record.record_id);
    for (const redraw of redraws) redraw();
    judge();
  }
  const redraws = [];

  async function seal() {
    isSealing = true;
    finish.disabled = true;
    const { sheet, wanted } = await sheetOf(record, form, items, lists, device);
    for (const item of items.filter((each) => !wanted.includes(each))) await store.removeItem(record.record_id, item.item_id);
    const sha256 = await fingerprint(new TextEncoder().encode(sheet));
    const done = await store.seal(record.record_id, sheet, sha256, wanted.map((item) => item.item_id));
    isSealing = false;
    if (done) finished();
    else await reload();
  }

  const labelled = (words, field, note = null) => make("label", { class: "ask" }, make("span", { class: "ask-words" }, words), field, note);
  const input = (name, attributes = {}, holder = form) => make("input", {
    class: "form-control", value: holder[name] ?? "", name, autocomplete: "off", ...attributes,
    oninput: (event) => { holder[name] = event.target.value; keep(); },
  });
  const decimal = { inputmode: "decimal" };
  const choice = (name, options, holder = form) => make("div", { class: "choice", role: "group" }, options.map(([value, words]) => make("button", {
    type: "button", class: "btn", "aria-pressed": String(holder[name] === value), "data-name": name, "data-value": String(value),
    onclick: (event) => {
      holder[name] = value;
      for (const each of event.target.parentElement.children) each.setAttribute("aria-pressed", String(each === event.target));
      keep();
    },
  }, words)));
  const select = (name, options) => make("select", { class: "form-select", name, onchange: (event) => { form[name] = event.target.value; keep(); } },
    make("option", { value: "" }, say("choose")),
    options.map(([value, words]) => make("option", { value, selected: form[name] === value }, words)));
  const section = (words, ...parts) => make("section", { class: "block" }, make("h2", {}, words), parts);

  function photos(step, words) {
    const strip = make("div", { class: "strip" });
    const trouble = make("p", { class: "trouble", role: "alert", hidden: true });
    const pick = make("input", { type: "file", accept: "image/jpeg,image/png", capture: "environment", class: "unseen", multiple: step === "", "data-step": step,
      onchange: async (event) => {
        trouble.hidden = true;
        for (const file of event.target.files) {
          try {
            await store.addItem(record.record_id, await takePhoto(file, { kind: "photo", step }));
          } catch (failure) {
            trouble.hidden = false;
            trouble.textContent = failure instanceof NotTaken ? say(failure.message, { most: LIMITS.file / 1024 / 1024 })
              : failure?.name === "QuotaExceededError" ? say("no_storage") : String(failure);
          }
        }
        event.target.value = "";
        await reload();
      } });
    redraws.push(() => strip.replaceChildren(...items.filter((item) => item.kind === "photo" && (item.step ?? "") === step).map(thumb)));
    return make("div", { class: "ask" }, make("div", { class: "photo-line" }, make("span", { class: "ask-words" }, words),
      make("label", { class: "btn big-photo" }, say("take_photo"), pick)), strip, trouble);
  }

  function thumb(item) {
    const small = make("canvas", { role: "img", "aria-label": item.sha256.slice(0, 12) });
    drawSmall(small, item);
    return make("figure", { class: "thumb" }, small, make("figcaption", {}, item.sha256.slice(0, 8)),
      make("button", { type: "button", class: "btn btn-sm", onclick: async () => { await store.removeItem(record.record_id, item.item_id); await reload(); } }, say("remove")));
  }

  function balanceFields(name) {
    const held = (form.answers[name] ??= {}).balance ??= { phases: [{}, {}, {}], power_factor: "1" };
    const verdict = make("p", { class: "verdict" });
    const judgeBalance = () => {
      const values = balanceOf(held);
      const found = values && workOutBalance(values, lists.figures.balance_tolerance);
      verdict.textContent = found ? sayBalance(found) : "";
      verdict.className = `verdict ${found ? (found.showsLoss ? "good" : "bad") : ""}`;
    };
    redraws.push(judgeBalance);
    const small = (field, holder, words) => {
      const box = input(field, { ...decimal, "aria-label": words }, holder);
      box.addEventListener("input", judgeBalance);
      return make("label", { class: "small-ask" }, make("span", {}, words), box);
    };
    return make("div", { class: "balance" },
      PHASES.map((phase) => make("fieldset", {}, make("legend", {}, say("phase", { n: phase + 1 })), make("div", { class: "three" },
        small("voltage_v", held.phases[phase], say("voltage")), small("in_a", held.phases[phase], say("current_in")), small("through_a", held.phases[phase], say("current_through"))))),
      make("div", { class: "three" }, FIELDS.map((field) => small(field, held, say(FIELD_WORDS[field] ?? field)))), verdict);
  }

  function stepField(name) {
    const step = lists.steps[name];
    const answer = form.answers[name] ??= {};
    const unit = step.unit ? ` (${step.unit})` : "";
    if (step.kind === "photo") return photos(name, step.words);
    if (step.kind === "balance") return make("div", { class: "ask" }, make("span", { class: "ask-words" }, step.words), balanceFields(name));
    if (step.kind === "yes_no") return make("div", { class: "ask" }, make("span", { class: "ask-words" }, step.words), choice("is_yes", [[true, say("yes")], [false, say("no")]], answer));
    if (step.kind === "number") return labelled(step.words + unit, input("figure", { ...decimal, "data-step": name }, answer));
    return labelled(step.words, input("words", { "data-step": name }, answer));
  }

  function checklistSections() {
    const asked = new Set();
    return record.visit.lists.map((name) => {
      const list = lists.lists[name];
      const steps = list.steps.filter((step) => !asked.has(step));
      steps.forEach((step) => asked.add(step));
      return section(list.words, list.hint ? make("p", { class: "quiet" }, list.hint) : null, steps.map(stepField));
    });
  }

  function arrival() {
    const at = make("p", { class: "quiet" });
    const show = () => {
      at.textContent = form.position ? say("position_is", { latitude: form.position.latitude.toFixed(5), longitude: form.position.longitude.toFixed(5), accuracy: form.position.accuracy_m }) : "";
    };
    const take = async () => {
      at.textContent = say("locating");
      try {
        form.position = await position();
        show();
      } catch (failure) {
        at.textContent = say("position_failed", { why: failure.message });
      }
      await keep();
    };
    show();
    return section(say("arrival"),
      labelled(say("second"), select("second", record.visit.colleagues)),
      make("label", { class: "tick" }, make("input", { type: "checkbox", class: "form-check-input", name: "certificate", checked: Boolean(form.certificate), onchange: (event) => { form.certificate = event.target.checked; keep(); } }), make("span", {}, say("certificate"))),
      make("div", { class: "ask" }, make("button", { type: "button", class: "btn", onclick: take }, say("take_position")), at),
      labelled(say("position_missing"), input("position_missing")));
  }

  function sealsSection() {
    const rows = make("div");
    const redraw = () => rows.replaceChildren(...form.seals.map((seal, place) => make("div", { class: "seal" },
      labelled(say("seal_place"), input("place", {}, seal)), labelled(say("seal_number"), input("number", {}, seal)),
      choice("state", ["intact", "broken", "missing", "foreign"].map((state) => [state, say(`seal_${state}`)]), seal),
      labelled(say("seal_new"), input("new_number", {}, seal)),
      make("button", { type: "button", class: "btn btn-sm", onclick: () => { form.seals.splice(place, 1); redraw(); keep(); } }, say("remove")))));
    redraw();
    return section(say("seals"), rows, make("button", { type: "button", class: "btn", onclick: () => { form.seals.push({ state: "intact" }); redraw(); keep(); } }, say("add_seal")));
  }

  function resultSection() {
    // Found may be something else than what was suspected.
    const findings = Object.entries(lists.lists).filter(([name]) => name !== BASE).map(([name, list]) => [name, list.words]);
    const proofs = make("div");
    let shown = null;
    redraws.push(() => {
      const wanted = lists.proven.includes(form.outcome) && form.found_by && !record.visit.lists.includes(form.found_by) ? form.found_by : "";
      if (wanted === shown) return;
      shown = wanted;
      const known = new Set(record.visit.lists.flatMap((name) => lists.lists[name].steps));
      proofs.replaceChildren(...(wanted ? lists.lists[wanted].steps.filter((step) => !known.has(step)).map(stepField) : []));
    });
    const found = make("div", { "data-shows": `outcome ${lists.proven.join(" ")}` }, labelled(say("found_by"), select("found_by", findings)), proofs);
    found.addEventListener("change", () => redraws.forEach((redraw) => redraw()));
    return section(say("result"), choice("outcome", record.visit.outcomes), found,
      labelled(say("note"), make("textarea", { class: "form-control", rows: 3, name: "note", oninput: (event) => { form.note = event.target.value; keep(); } }, form.note ?? "")));
  }

  function customerSection() {
    const canvas = make("canvas", { class: "pad", width: 640, height: 240, "aria-label": say("sign_here") });
    const pad = signaturePad(canvas);
    const kept = make("p", { class: "verdict good" });
    redraws.push(() => { kept.textContent = items.some((item) => item.kind === "signature") ? `${say("signature_kept")} · ${items.find((item) => item.kind === "signature").sha256.slice(0, 8)}` : ""; });
    const keepSignature = async () => {
      if (!pad.drawn()) return;
      for (const item of items.filter((each) => each.kind === "signature")) await store.removeItem(record.record_id, item.item_id);
      await store.addItem(record.record_id, await takePhoto(await pad.file(), { kind: "signature", step: "" }));
      await reload();
    };
    return section(say("customer"), choice("consent", ["signed", "refused", "absent"].map((value) => [value, say(`consent_${value}`)])),
      make("div", { "data-shows": "consent signed" }, labelled(say("signer"), input("signer")), labelled(say("relation"), input("relation")),
        make("p", { class: "quiet" }, say("sign_here")), canvas,
        make("div", { class: "choice" }, make("button", { type: "button", class: "btn", onclick: pad.clear }, say("clear")),
          make("button", { type: "button", class: "btn btn-primary", "data-keep-signature": true, onclick: keepSignature }, say("keep_signature"))), kept),
      make("div", { "data-shows": "consent refused absent" }, labelled(say("reason"), input("reason")), labelled(say("witness"), input("witness"))));
  }

  into.replaceChildren(arrival(), ...checklistSections(), section(say("more_photos"), photos("", say("more_photos"))), sealsSection(), resultSection(), customerSection(),
    make("section", { class: "block" }, make("h2", {}, say("lacks")), lacking, finish, make("p", { class: "quiet" }, say("finish_note"))),
    make("p", { class: "quiet" }, say("checklist_default", { version: lists.version, source: lists.source })));
  await reload();
}
