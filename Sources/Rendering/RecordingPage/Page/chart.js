// The picture: rows stacked to RSS over time, with the moments of which there is a whole report.

const chart = element("chart");
const margin = { left: 66, right: 16, bottom: 34 };
const plotHeight = 330;
const laneHeight = 19;
const mostLanes = 4;
const ruler = document.createElement("canvas").getContext("2d");

/** A new SVG element with attributes and a text. */
function draw(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// Times --------------------------------------------------------------------------------------------------------------

/** A time since the command was started, for people: `1.23 s`, `2:05 min`, `1:02:05 h`. */
function timeText(seconds) {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  return clock(seconds);
}

function clock(seconds) {
  const whole = Math.round(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)} h` : `${minutes}:${two(rest)} min`;
}

/** Round times from `start` to `end`, no more than `most`. */
function timeTicks(start, end, most) {
  const decimal = [1e-3, 1e-2, 0.1, 1].flatMap((unit) => [unit, 2 * unit, 5 * unit]);
  const steps = [...decimal, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
  const least = (end - start) / Math.max(most, 1);
  const step = steps.find((each) => each >= least) || Math.ceil(least / 86400) * 86400;
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  const ticks = [];
  for (let tick = Math.ceil(start / step - 1e-9); tick * step <= end + step * 1e-6; tick += 1) {
    const time = tick * step;
    ticks.push({ time, text: end < 60 ? `${time.toFixed(digits)} s` : clock(time) });
  }
  return ticks;
}

/** Round amounts from 0 on: a power of two of some unit is round for bytes. */
function byteTicks(most) {
  let step = 1;
  while (most / step > 5) step *= 2;
  const ticks = [];
  for (let tick = step; tick <= most; tick += step) ticks.push(tick);
  return ticks;
}

/** As `64 MiB`, `1.5 GiB`: a round amount needs no more digits. */
function roundBytes(value) { return bytes(value).replace(/(\.\d*?)0+ /, "$1 ").replace(". ", " "); }

// The picture --------------------------------------------------------------------------------------------------------

/** Where things are in a picture of a process that is so wide. */
function scaleOf(process, course, width) {
  const times = course.looks.map((look) => look.seconds);
  const start = Math.min(process.start ?? times[0] ?? 0, times[0] ?? Infinity);
  const end = Math.max(process.end ?? 0, times[times.length - 1] ?? 0, start + 1e-3);
  const most = Math.max(process.most, 4096) * 1.08;
  const room = Math.max(width - margin.left - margin.right, 50);
  return {
    start, end, most, width, room,
    x: (seconds) => margin.left + (room * (seconds - start)) / (end - start),
    y: (amount) => plotHeight * (1 - amount / most),
    time: (x) => start + ((end - start) * (x - margin.left)) / room,
  };
}

function path(points) { return points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L"); }

/** The runs as lists of looks that can be seen; a single look gets a little width. */
function strokes(course, scale) {
  return course.runs.map((run) => {
    const looks = visible(course.looks, run, scale.x).map((look) => ({ look, x: scale.x(look.seconds) }));
    return looks.length > 1 ? looks : [{ ...looks[0], x: looks[0].x - 1 }, { ...looks[0], x: looks[0].x + 1 }];
  });
}

function drawLayers(runs, scale) {
  return layers.map((layer, index) => {
    const shapes = runs.map((run) => {
      const upper = run.map(({ look, x }) => [x, scale.y(look.edges[layer])]);
      const lower = run.map(({ look, x }) => [x, scale.y(index ? look.edges[layers[index - 1]] : 0)]).reverse();
      return `M${path([...upper, ...lower])}Z`;
    });
    return draw("path", { class: `layer ${classOf(layer)}`, d: shapes.join("") });
  });
}

function classOf(layer) { return layer === untold ? "untold" : `cause-${data.causes[layer].id.replace(".", "-")}`; }

/** The name of a layer in it, where it stays high enough for as long as the name is, clear of the lines of moments. */
function drawName(layer, index, runs, flags, scale) {
  const name = nameOf(layer);
  const half = name.length * 3.6 + 6;
  const upper = (look) => scale.y(look.edges[layer]);
  const lower = (look) => scale.y(index ? look.edges[layers[index - 1]] : 0);
  let best = null;
  for (const run of runs) {
    const ends = [run[0].x, run[run.length - 1].x, ...flags.map((flag) => flag.x)];
    let first = 0;
    for (let x = run[0].x + half; x <= run[run.length - 1].x - half; x += 6) {
      while (run[first].x < x - half) first += 1;
      const clearance = Math.min(...ends.map((end) => Math.abs(end - x)));
      if (clearance < half) continue;
      const ceiling = extreme(run, first, x - half, x + half, upper, Math.max);
      const floor = extreme(run, first, x - half, x + half, lower, Math.min);
      if (floor - ceiling < 17) continue;
      // More room than a few lines is no better; then it is the middle that is.
      const worth = Math.min(floor - ceiling, 60) + Math.min(clearance, 200) / 5;
      if (!best || worth > best.worth) best = { worth, x, y: (floor + ceiling) / 2 };
    }
  }
  if (!best) return null;
  return draw("text", { class: `name ${classOf(layer)}`, x: best.x.toFixed(1), y: (best.y + 4).toFixed(1) }, name);
}

/** The extreme of an edge between two places of a run; `first` is the first look behind the left one. */
function extreme(run, first, left, right, edge, choose) {
  const between = (index, x) => {
    const [one, other] = [run[Math.max(index - 1, 0)], run[index]];
    const part = other.x > one.x ? (x - one.x) / (other.x - one.x) : 0;
    return edge(one.look) + (edge(other.look) - edge(one.look)) * part;
  };
  let found = between(first, left);
  let index = first;
  for (; run[index].x < right; index += 1) found = choose(found, edge(run[index].look));
  return choose(found, between(index, right));
}

function drawAxes(scale) {
  const axes = draw("g", { class: "axes" });
  for (const tick of byteTicks(scale.most)) {
    const y = scale.y(tick).toFixed(1);
    axes.append(draw("line", { x1: margin.left, x2: scale.width - margin.right, y1: y, y2: y }));
    axes.append(draw("text", { x: margin.left - 8, y: Number(y) + 4, class: "bytes" }, roundBytes(tick)));
  }
  const ground = { x1: margin.left, x2: scale.width - margin.right, y1: plotHeight, y2: plotHeight };
  axes.append(draw("line", { class: "ground", ...ground }));
  for (const { time, text } of timeTicks(scale.start, scale.end, Math.min(10, scale.room / 84))) {
    const isLast = scale.x(time) > scale.width - 40;
    const place = isLast ? { x: scale.width - 4, class: "time last" } : { x: scale.x(time).toFixed(1), class: "time" };
    axes.append(draw("text", { ...place, y: plotHeight + 26 }, text));
  }
  return axes;
}

/** Where nobody looked; and below the axis a tick for every reading of all rows, as far as they can be told apart. */
function drawSeen(course, scale) {
  const seen = draw("g", { class: "seen" });
  course.runs.slice(1).forEach(([first], index) => {
    const from = scale.x(course.looks[course.runs[index][1]].seconds);
    const to = scale.x(course.looks[first].seconds);
    seen.append(draw("rect", { class: "gap", x: from, y: 0, width: to - from, height: plotHeight }));
    if (to - from > 74) {
      seen.append(draw("text", { class: "gap", x: (from + to) / 2, y: plotHeight / 2 }, "not looked at"));
    }
  });
  const columns = new Set(course.looks.filter((look) => look.isRead).map((look) => Math.round(scale.x(look.seconds))));
  const ticks = [...columns].map((x) => `M${x},${plotHeight + 3}v5`);
  if (ticks.length) seen.append(draw("path", { class: "ticks", d: ticks.join("") }));
  return seen;
}

/** The kernel's high-water mark, where no look was near it. */
function drawHighWater(process, course, scale) {
  const most = course.looks.reduce((most, look) => Math.max(most, look.rss), 0);
  if (process.high_water < most * 1.02) return [];
  const y = scale.y(process.high_water).toFixed(1);
  return [
    draw("line", { class: "high-water", x1: margin.left, x2: scale.width - margin.right, y1: y, y2: y }),
    draw("text", { class: "high-water", x: margin.left + 6, y: Number(y) - 5 },
      `high-water mark ${bytes(process.high_water)}`),
  ];
}

// Moments ------------------------------------------------------------------------------------------------------------

const ranks = { peak: 0, end: 1, fragmentation: 2, mark: 3 };

function flagText(moment) { return moment.kind === "mark" ? moment.name : `${moment.name} ${bytes(moment.rss)}`; }

/** A lane and a side for the label of each moment, the most important first; one without a lane keeps its line. */
function placeFlags(process, chosen, scale) {
  ruler.font = `500 12px ${getComputedStyle(chart).fontFamily}`;
  const taken = [];
  const flags = process.moments.map(
    (moment) => ({ moment, x: scale.x(moment.seconds), text: shorten(flagText(moment)) }));
  const rank = (flag) => (flag.moment === chosen ? -1 : ranks[flag.moment.kind]);
  for (const flag of [...flags].sort((one, other) => rank(one) - rank(other) || one.x - other.x)) {
    const width = ruler.measureText(flag.text).width + 12;
    flag.isLeft = flag.x + width > scale.width;
    const from = flag.isLeft ? flag.x - width : flag.x;
    const isFree = (lane) => !taken.some((each) => each.lane === lane && each.from < from + width && from < each.to);
    flag.lane = [...Array(mostLanes).keys()].find(isFree) ?? -1;
    if (flag.lane >= 0) taken.push({ lane: flag.lane, from, to: from + width });
  }
  return flags;
}

function shorten(text) { return text.length > 28 ? `${text.slice(0, 27)}…` : text; }

/** Lines through the plot, and the labels above it: `top` is where the plot begins. */
function drawFlags(flags, chosen, top) {
  return flags.map(({ moment, x, text, lane, isLeft }) => {
    const flag = draw("g", { class: `flag ${moment.kind}${moment === chosen ? " chosen" : ""}` });
    const y = lane < 0 ? top - 4 : top - 8 - lane * laneHeight;
    flag.append(draw("title", {}, `${moment.name}, ${timeText(moment.seconds)}, ${bytes(moment.rss)}`));
    flag.append(draw("line", { x1: x.toFixed(1), x2: x.toFixed(1), y1: lane < 0 ? y : y - 11, y2: top + plotHeight }));
    if (lane >= 0) {
      flag.append(draw("text", { x: (x + (isLeft ? -5 : 5)).toFixed(1), y, class: isLeft ? "left" : "" }, text));
    }
    flag.addEventListener("click", (event) => {
      event.stopPropagation();
      chooseMoment(moment);
    });
    return flag;
  });
}

// All of it ----------------------------------------------------------------------------------------------------------

/** What is drawn now: {process, course, scale, top}. */
let picture = null;

function drawPicture(process, course, chosen) {
  const scale = scaleOf(process, course, Math.max(chart.clientWidth, 280));
  const runs = strokes(course, scale);
  const flags = placeFlags(process, chosen, scale);
  const top = 8 + laneHeight * (1 + Math.max(0, ...flags.map((flag) => flag.lane)));
  const height = top + plotHeight + margin.bottom;
  const svg = draw("svg", { viewBox: `0 0 ${scale.width} ${height}` });
  const plot = draw("g", { transform: `translate(0 ${top})` });
  const outline = runs.map((run) => `M${path(run.map(({ look, x }) => [x, scale.y(look.rss)]))}`).join("");
  plot.append(drawAxes(scale), drawSeen(course, scale), ...drawLayers(runs, scale));
  plot.append(draw("path", { class: "rss", d: outline }), ...drawHighWater(process, course, scale));
  plot.append(...layers.map((layer, index) => drawName(layer, index, runs, flags, scale)).filter(Boolean));
  const cursor = draw("g", { class: "cursor", visibility: "hidden" });
  cursor.append(draw("line", { y1: top, y2: top + plotHeight }), draw("circle", { r: 4 }));
  svg.append(hatching(), plot, ...drawFlags(flags, chosen, top), cursor);
  chart.replaceChildren(svg);
  picture = { process, course, scale, top, svg, cursor };
}

/** Lines aslant, for what no row can be told for. */
function hatching() {
  const pattern = draw("pattern", { id: "hatching", width: 6, height: 6, patternUnits: "userSpaceOnUse" });
  pattern.append(draw("path", { d: "M-1,1l2,-2M0,6l6,-6M5,7l2,-2" }));
  const definitions = draw("defs", {});
  definitions.append(pattern);
  return definitions;
}

/** RSS of a process over the whole recording, in a small picture. */
function drawSpark(process, course, width, height, most) {
  const end = Math.max(data.seconds, 1e-3);
  const x = (seconds) => (width * seconds) / end;
  const y = (amount) => height - 1 - ((height - 2) * amount) / Math.max(most, 1);
  const shapes = course.runs.map((run) => {
    const looks = visible(course.looks, run, x);
    const line = path(looks.map((look) => [x(look.seconds), y(look.rss)]));
    const [first, last] = [looks[0], looks[looks.length - 1]].map((look) => x(look.seconds));
    return `M${first.toFixed(1)},${height}L${line}L${Math.max(last, first + 1).toFixed(1)},${height}Z`;
  });
  const svg = draw("svg", { class: "spark", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none" });
  svg.append(draw("path", { d: shapes.join("") }));
  return svg;
}
