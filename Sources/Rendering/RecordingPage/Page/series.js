// How the rows of a process moved: what is known at each look, and how much of that fits a picture.

/** The causes as the picture stacks them, from the bottom: what hardly moves, what is held, what is free. */
const stacking = [
  "files", "module-data", "kernel", "silt", "stacks", "shared", "mappings", "unexplained", "heap.live",
  "heap.fragmented", "heap.kept", "heap.retained",
].map((id) => data.causes.findIndex((cause) => cause.id === id));

/** Behind the causes: what a look between two readings saw of RSS that no row can be told for. */
const untold = data.causes.length;
const layers = [...stacking, untold];
const live = data.causes.findIndex((cause) => cause.id === "heap.live");

function nameOf(layer) { return layer === untold ? "not told apart" : data.causes[layer].name; }

/** All looks at a process by time, as {seconds, rss, live, rows}; `rows` is null where only totals were looked at. */
function looksAt(process) {
  const looks = process.points.map(([seconds, rss, held, ...figures]) => {
    if (figures.length !== process.columns.length || !figures.length) return { seconds, rss, live: held, rows: null };
    const rows = data.causes.map(() => 0);
    process.columns.forEach((column, index) => { rows[column] = figures[index]; });
    return { seconds, rss, live: held, rows };
  });
  const isThere = new Set(looks.filter((look) => look.rows).map((look) => look.seconds.toFixed(3)));
  for (const moment of process.moments) {
    if (isThere.has(moment.seconds.toFixed(3))) continue;
    isThere.add(moment.seconds.toFixed(3));
    looks.push({ seconds: moment.seconds, rss: moment.rss, live: moment.live, rows: moment.causes });
  }
  for (const look of looks) look.isRead = look.rows !== null;
  return looks.sort((one, other) => one.seconds - other.seconds);
}

/** The heap's parts, and those of them that are free, as places among the causes. */
const heap = [...data.causes.keys()].filter((cause) => data.causes[cause].id.startsWith("heap."));
const free = heap.filter((part) => part !== live);

/**
 * The rows at a look that told only totals, from the readings before and after it: each row on the straight line
 * between the two, but live moved by what is known of it. RSS stays what was seen: what is missing to it belongs to no
 * row; where the rows are more, it is first the free heap that shrinks, as it is what live blocks come from.
 */
function estimate(look, before, after) {
  const rows = data.causes.map(() => 0);
  let held = Math.min(look.live, look.rss);
  if (before && after) {
    const span = after.seconds - before.seconds;
    const part = span > 0 ? (look.seconds - before.seconds) / span : 0;
    const between = (one, other) => one + (other - one) * part;
    rows.forEach((_, row) => { rows[row] = between(before.rows[row], after.rows[row]); });
    held = Math.min(Math.max(rows[live] + look.live - between(before.live, after.live), 0), look.rss);
  }
  rows[live] = held;
  const rest = [...rows.keys()].filter((row) => !heap.includes(row));
  for (const group of [free, rest]) {
    const excess = rows.reduce((sum, row) => sum + row, 0) - look.rss;
    const size = group.reduce((sum, row) => sum + rows[row], 0);
    if (excess > 0) for (const row of group) rows[row] *= Math.max(1 - excess / size, 0) || 0;
  }
  return rows;
}

/** The looks at a process, and where nobody looked for long. */
function courseOf(process) {
  const looks = looksAt(process);
  // Moments alone, without a series, are nothing to draw a line through.
  const runs = process.points.length ? runsOf(looks) : looks.map((_, index) => [index, index]);
  return { looks, runs, isStacked: false };
}

/** Gives every look of a course all rows, and the upper edge of each in the stack. */
function stack(course) {
  if (course.isStacked) return;
  course.isStacked = true;
  const { looks } = course;
  let before = null;
  let next = 0;
  for (const [index, look] of looks.entries()) {
    if (look.isRead) {
      before = look;
    } else {
      // What lies behind this look has rows only where they were read.
      next = Math.max(next, index + 1);
      while (next < looks.length && !looks[next].isRead) next += 1;
      look.rows = estimate(look, before, looks[next]);
    }
  }
  for (const look of looks) {
    const told = look.rows.reduce((sum, row) => sum + row, 0);
    look.rows = [...look.rows, Math.max(look.rss - told, 0)];
    let edge = 0;
    look.edges = [];
    for (const layer of layers) look.edges[layer] = edge += look.rows[layer];
  }
}

/** The looks in runs without a gap, as index ranges [first, last]: a gap is far longer than looks are apart. */
function runsOf(looks) {
  if (!looks.length) return [];
  const steps = looks.slice(1).map((look, index) => look.seconds - looks[index].seconds);
  const usual = [...steps].sort((one, other) => one - other)[steps.length >> 1] || 0;
  const longest = Math.max(8 * usual, 20 * data.interval, 1);
  const runs = [[0, looks.length - 1]];
  steps.forEach((step, index) => {
    if (step <= longest) return;
    runs[runs.length - 1][1] = index;
    runs.push([index + 1, looks.length - 1]);
  });
  return runs;
}

/** Of the looks from `first` to `last`, the ones that can be seen: a column of pixels keeps its ends and extremes. */
function visible(looks, [first, last], xOf) {
  const kept = [];
  let index = first;
  while (index <= last) {
    const column = Math.floor(xOf(looks[index].seconds));
    let [least, most, end] = [index, index, index];
    for (; end <= last && Math.floor(xOf(looks[end].seconds)) === column; end += 1) {
      if (looks[end].rss < looks[least].rss) least = end;
      if (looks[end].rss > looks[most].rss) most = end;
    }
    const telling = [...new Set([index, least, most, end - 1])].sort((one, other) => one - other);
    kept.push(...telling.map((each) => looks[each]));
    index = end;
  }
  return kept;
}

/** The look nearest to a time. */
function nearest(looks, seconds) {
  let [low, high] = [0, looks.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (looks[middle].seconds < seconds) low = middle;
    else high = middle;
  }
  return seconds - looks[low].seconds <= looks[high].seconds - seconds ? low : high;
}
