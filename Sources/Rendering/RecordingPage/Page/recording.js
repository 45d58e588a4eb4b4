// The page: which process and which moment of it is shown, and what there is to say about them.

const courses = data.processes.map(courseOf);
let shown = 0;
let chosen = null;
/** The look that the pointer or the keys are at. */
let looked = null;

function momentsOf(process, kind) { return process.moments.filter((moment) => moment.kind === kind); }

function swatch(layer) { return make("i", `swatch ${classOf(layer)}`); }

// The answer ---------------------------------------------------------------------------------------------------------

function verdictSpans({ verdict, rss }) {
  const spans = [make("strong", verdict.tone, verdict.kind)];
  if (verdict.bytes > 0) spans.push(`, ${bytes(verdict.bytes)} (${percent(verdict.bytes, rss)} of RSS)`);
  return spans;
}

/** The verdict of the peak and of the end, in one sentence. */
function showAnswer(process) {
  const [peak] = momentsOf(process, "peak").slice(-1);
  const [end] = momentsOf(process, "end").slice(-1);
  const spans = [];
  if (peak) spans.push("At its peak ", ...verdictSpans(peak));
  if (peak && end) spans.push("; ");
  if (end) spans.push(peak ? "at the end " : "At the end ", ...verdictSpans(end));
  if (!spans.length) spans.push(process.points.length ? "No whole reading was taken." : "Nothing was seen of it.");
  else spans.push(".");
  element("answer").replaceChildren(...spans);
}

function figure(name, total, note) {
  const card = make("div", "card");
  card.append(make("div", "name", name), make("div", "total", total), make("div", "about", note));
  return card;
}

function freeHeap(moment) {
  return free.reduce((sum, part) => sum + moment.causes[part], 0);
}

function showFigures(process, course) {
  const cards = [];
  const top = course.looks.reduce((most, look) => (!most || look.rss > most.rss ? look : most), null);
  if (top) {
    const isHigher = process.high_water > top.rss * 1.005;
    const mark = isHigher ? `, the kernel saw ${bytes(process.high_water)}` : "";
    cards.push(figure("RSS at its peak", bytes(top.rss), `after ${timeText(top.seconds)}${mark}`));
  }
  const [end] = momentsOf(process, "end").slice(-1);
  if (end) cards.push(figure("RSS at the end", bytes(end.rss), `${bytes(end.live)} of live heap`));
  const [freest] = momentsOf(process, "fragmentation").slice(-1);
  if (freest) {
    const amount = freeHeap(freest);
    const note = `${percent(amount, freest.rss)} of RSS, after ${timeText(freest.seconds)}`;
    cards.push(figure("Free heap at most", bytes(amount), note));
  }
  const readings = course.looks.filter((look) => look.isRead).length;
  const [head, ...facts] = process.facts;
  cards.push(figure("Process", head, [...facts, `${course.looks.length} looks, ${readings} with all rows`].join(", ")));
  element("figures").replaceChildren(...cards);
}

// The picture --------------------------------------------------------------------------------------------------------

function showCourse() {
  const process = data.processes[shown];
  const course = courses[shown];
  element("course").hidden = course.looks.length === 0;
  if (!course.looks.length) return;
  stack(course);
  drawPicture(process, course, chosen);
  chart.setAttribute("aria-label", `RSS of ${process.command} over time, by cause; the table below has the figures`);
  const isThere = layers.filter((layer) => course.looks.some((look) => look.rows[layer] >= 4096)).reverse();
  element("legend").replaceChildren(...isThere.map((layer) => {
    const item = make("li");
    item.append(swatch(layer), make("span", "", nameOf(layer)));
    return item;
  }));
  const isEstimated = course.looks.some((look) => !look.isRead);
  element("reading-note").textContent = isEstimated
    ? "All rows were read at the ticks below the axis. Between these RSS and live were seen; the rest is estimated."
    : "";
}

function showLook(index) {
  const { course, scale, top, svg, cursor } = picture;
  looked = Math.max(0, Math.min(course.looks.length - 1, index));
  const look = course.looks[looked];
  const [line, dot] = cursor.children;
  const x = scale.x(look.seconds).toFixed(1);
  line.setAttribute("x1", x);
  line.setAttribute("x2", x);
  dot.setAttribute("cx", x);
  dot.setAttribute("cy", (top + scale.y(look.rss)).toFixed(1));
  cursor.setAttribute("visibility", "visible");
  const table = make("table");
  for (const layer of [...layers].reverse()) {
    if (look.rows[layer] >= 0.5) table.append(lookRow(look, layer));
  }
  const title = make("div", "when");
  title.append(make("b", "", timeText(look.seconds)), make("span", "", `RSS ${bytes(look.rss)}`));
  const lines = [title, table];
  if (!look.isRead) lines.push(make("div", "place", "Between two readings: what has a ≈ is an estimate."));
  tip.replaceChildren(...lines);
  const box = svg.getBoundingClientRect();
  const ratio = box.width / scale.width;
  return { x: box.left + Number(x) * ratio, y: box.top + (top + scale.y(look.rss)) * ratio };
}

function lookRow(look, layer) {
  const row = make("tr");
  const heading = make("th");
  heading.scope = "row";
  heading.append(swatch(layer), nameOf(layer));
  const about = look.isRead || layer === live ? "" : "≈ ";
  const amount = look.rows[layer];
  row.append(heading, make("td", "", about + bytes(amount)), make("td", "", percent(amount, look.rss)));
  return row;
}

function leaveLook() {
  looked = null;
  hideTip();
  picture?.cursor.setAttribute("visibility", "hidden");
}

/** The time under the pointer. */
function timeAt(event) {
  const box = picture.svg.getBoundingClientRect();
  return picture.scale.time(((event.clientX - box.left) * picture.scale.width) / box.width);
}

/** Whether a time is in a gap, where there is nothing to tell. */
function isInGap(seconds) {
  const { looks, runs } = picture.course;
  return !runs.some(([first, last]) => looks[first].seconds <= seconds && seconds <= looks[last].seconds);
}

function pointerMoved(event) {
  const { looks } = picture.course;
  const seconds = timeAt(event);
  const isOutside = seconds < looks[0].seconds || seconds > looks[looks.length - 1].seconds;
  if (!isOutside && isInGap(seconds)) return leaveLook();
  const { x } = showLook(nearest(looks, seconds));
  placeTip(x, event.clientY);
}

function chartKey(event) {
  const { looks } = picture.course;
  const all = looks.length;
  const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20, Home: -all, End: all }[event.key];
  if (step) {
    const start = looked ?? (chosen ? nearest(looks, chosen.seconds) : 0);
    const { x, y } = showLook(start + (looked === null && Math.abs(step) === 1 ? 0 : step));
    placeTip(x, y);
  } else if (event.key === "Enter" && looked !== null) {
    chooseNearest(looks[looked].seconds);
  } else if (event.key === "Escape") {
    leaveLook();
  } else {
    return;
  }
  event.preventDefault();
}

// A moment -----------------------------------------------------------------------------------------------------------

function chooseNearest(seconds) {
  const distance = (moment) => Math.abs(moment.seconds - seconds);
  const { moments } = data.processes[shown];
  if (moments.length) chooseMoment(moments.reduce((best, each) => (distance(each) < distance(best) ? each : best)));
}

function chooseMoment(moment) {
  chosen = moment;
  const { moments } = data.processes[shown];
  const place = moments.indexOf(moment);
  element("moment").hidden = place < 0;
  showCourse();
  if (place < 0) return;
  element("moments").querySelectorAll("input")[place].checked = true;
  element("moment-title").textContent = `${momentName(moment)}, after ${timeText(moment.seconds)}`;
  showLedger(moment, moments[place - 1]);
  showVerdict(moment);
  element("code").replaceChildren(...moment.blocks.map(codeBlock));
  if (!moment.blocks.length) element("code").append(make("p", "note", "No code is named at this moment."));
}

function momentName(moment) {
  const names = { peak: "At its peak", fragmentation: "With the most free heap", end: "At the end" };
  return names[moment.kind] ?? `At “${moment.name}”`;
}

function cell(tag, className, text) {
  const made = make(tag, className, text);
  if (tag === "th") made.scope = className === "head" ? "col" : "row";
  return made;
}

/** The rows of the ledger; beside them how they moved since the moment before. */
function showLedger(moment, before) {
  const hasSwap = moment.swap > 0;
  const head = make("tr");
  head.append(cell("th", "head", ""), cell("th", "head", "resident"), cell("th", "head", "of RSS"));
  if (hasSwap) head.append(cell("th", "head", "in swap"));
  if (before) {
    const since = cell("th", "head since", "since ");
    since.append(make("span", "", before.kind === "fragmentation" ? "most free" : before.name));
    head.append(since);
  }
  head.append(cell("td", "wide", ""));
  const key = (row) => row.slice(0, 4).join(" ");
  const earlier = new Map((before?.rows ?? []).map((row) => [key(row), row[4]]));
  const moved = (row) => (before ? row[4] - (earlier.get(key(row)) ?? 0) : null);
  const body = moment.rows.map((row) => ledgerRow(row, moment, hasSwap, moved(row)));
  const sum = moment.causes.reduce((total, amount) => total + amount, 0);
  const last = make("tr", "sum");
  last.append(cell("th", "", "sum"), cell("td", "", bytes(sum)), cell("td", "", percent(sum, moment.rss)));
  if (hasSwap) last.append(cell("td", "", bytes(moment.swap)));
  if (before) last.append(cell("td", "since", change(moment.rss - before.rss)));
  const off = sum - moment.rss;
  const remark = off === 0 ? "= RSS exactly" : `${bytes(Math.abs(off))} ${off > 0 ? "more" : "less"} than RSS`;
  last.append(cell("td", "wide", remark));
  element("ledger").replaceChildren(head, ...body, last);
}

function ledgerRow([text, depth, weight, cause, amount, swapped], moment, hasSwap, moved) {
  const row = make("tr", weight);
  const heading = cell("th", depth ? "deep" : "", "");
  if (weight === "cause") heading.append(swatch(cause));
  heading.append(data.strings[text]);
  row.append(heading, cell("td", "", bytes(amount)), cell("td", "", percent(amount, moment.rss)));
  if (hasSwap) row.append(cell("td", "", swapped ? bytes(swapped) : ""));
  if (moved !== null) row.append(cell("td", "since", change(moved)));
  const wide = cell("td", "wide");
  // The heap's own bar is those of its parts in a row.
  const parts = cause >= 0 ? [[cause, amount]] : heap.map((part) => [part, moment.causes[part]]);
  for (const [part, size] of parts) {
    if (!(size > 0)) continue;
    const bar = make("div", `bar ${classOf(part)}`);
    bar.style.width = `${Math.min(100, (100 * size) / moment.rss).toFixed(2)}%`;
    wide.append(bar);
  }
  row.append(wide);
  return row;
}

function change(amount) {
  if (amount === 0) return "·";
  return `${amount > 0 ? "+" : "−"}${bytes(Math.abs(amount))}`;
}

function showVerdict(moment) {
  const head = make("h3");
  head.append(...verdictSpans(moment));
  const parts = [head];
  if (moment.verdict.summary) parts.push(make("p", "", moment.verdict.summary));
  for (const remedy of moment.verdict.remedies) {
    const line = make("p", "remedy");
    line.append(make("b", "", remedy.label), make("span", "", remedy.action));
    if (remedy.effect) line.append(make("em", "", `→ ${remedy.effect}`));
    parts.push(line);
  }
  parts.push(...moment.notes.map((note) => make("p", "missing", note)));
  element("verdict").replaceChildren(...parts);
}

/** A table of code: who holds, pins or left memory. */
function codeBlock(block) {
  const section = make("section");
  const lead = make("p", "about");
  lead.append(make("b", "", block.label), block.sentence);
  const table = make("table");
  const head = make("tr");
  head.append(...block.headings.map((heading) => cell("th", "head", heading)), cell("th", "head site", ""));
  table.append(head, ...block.rows.map(codeRow));
  section.append(lead, table);
  return section;
}

function codeRow({ figures, share, frames }) {
  const row = make("tr");
  row.append(...figures.map((text) => cell("td", "", text)));
  const site = make("td", "site");
  const bar = make("div", "share");
  bar.style.width = `${(share * 100).toFixed(1)}%`;
  frames.forEach(([name, place], index) => {
    const frame = make("div", index ? "caller" : "callee");
    frame.append(make("span", "", data.strings[name]), " ", make("small", "", data.strings[place]));
    site.append(frame);
  });
  site.append(bar);
  row.append(site);
  return row;
}

// A process ----------------------------------------------------------------------------------------------------------

/** Of the peak and the end, the one whose verdict has more to say; any other where neither was read. */
function tellingMoment(process) {
  const both = ["end", "peak"].map((kind) => momentsOf(process, kind).pop()).filter(Boolean);
  return both.sort((one, other) => other.verdict.bytes - one.verdict.bytes)[0] ?? process.moments[0];
}

function makeMoment(moment) {
  const label = make("label");
  const input = make("input");
  Object.assign(input, { type: "radio", name: "moment" });
  input.addEventListener("change", () => chooseMoment(moment));
  const text = make("span", moment.kind);
  text.append(make("b", "", moment.name), ` ${timeText(moment.seconds)}`);
  label.append(input, text);
  return label;
}

function chooseProcess(index) {
  shown = index;
  const process = data.processes[shown];
  leaveLook();
  showAnswer(process);
  showFigures(process, courses[shown]);
  element("moments").replaceChildren(element("moments").firstElementChild, ...process.moments.map(makeMoment));
  chooseMoment(tellingMoment(process));
}

function makeProcess(process, index) {
  const label = make("label");
  const input = make("input");
  Object.assign(input, { type: "radio", name: "process", checked: index === shown });
  input.addEventListener("change", () => chooseProcess(index));
  const command = make("span", "command", process.command);
  command.title = process.command;
  const kind = make("span", "kind");
  const telling = tellingMoment(process);
  if (telling) kind.append(make("strong", telling.verdict.tone, telling.verdict.kind));
  label.append(
    input, make("span", "pid", String(process.pid)), command,
    drawSpark(process, courses[index], 240, 22, data.processes[0].most), kind,
    make("span", "most", bytes(process.most)));
  return label;
}

function start() {
  element("title").textContent = data.title;
  element("facts").textContent = data.facts.join(" · ");
  element("warnings").append(...data.warnings.map((warning) => make("li", "", warning)));
  for (const [name, value] of data.environment) {
    const pair = make("div");
    pair.append(make("dt", "", name), make("dd", "", value));
    element("environment").append(pair);
  }
  if (!data.processes.length) {
    element("answer").textContent = "No process with libsilt.so in it was seen.";
    for (const id of ["course", "moment", "figures"]) element(id).hidden = true;
    return;
  }
  element("processes").hidden = data.processes.length < 2;
  element("processes").append(...data.processes.map(makeProcess));
  chart.addEventListener("mousemove", pointerMoved);
  chart.addEventListener("mouseleave", leaveLook);
  chart.addEventListener("blur", leaveLook);
  chart.addEventListener("keydown", chartKey);
  chart.addEventListener("click", (event) => chooseNearest(timeAt(event)));
  addEventListener("resize", showCourse);
  addEventListener("scroll", leaveLook, { passive: true });
  chooseProcess(0);
}

start();
