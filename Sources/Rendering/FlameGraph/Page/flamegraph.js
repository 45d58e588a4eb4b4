const rowHeight = 21;
const narrowest = 0.8;
const hues = [250, 155, 70, 315, 25, 200, 110];

const chart = element("chart");

// The tree -----------------------------------------------------------------------------------------------------------

/** Nodes come depth first: [depth, frame, line, value for each quantity]. The first one is the root. */
function readTree() {
  const path = [];
  const nodes = data.nodes.map(([depth, frame, line, ...values], index) => {
    const [name, short, file, module] = data.frames[frame].map((part) => data.strings[part]);
    const node = { index, depth, line, values, name, short, file, module, children: [], self: values.slice() };
    node.parent = depth > 0 ? path[depth - 1] : null;
    path[depth] = node;
    if (node.parent) {
      node.parent.children.push(node);
      values.forEach((value, quantity) => { node.parent.self[quantity] -= value; });
    }
    return node;
  });
  return nodes;
}

const nodes = readTree();
const root = nodes[0];
let shown = data.shown;
let zoomed = root;
let focused = root;
let wanted = "";

// Numbers ------------------------------------------------------------------------------------------------------------

/** A value of a quantity: bytes, or blocks. */
function amount(value, quantity) {
  return data.quantities[quantity].unit === "bytes" ? bytes(value) : scaled(value, 1000, ["", "k", "M", "G", "T", "P"]);
}

// Colours ------------------------------------------------------------------------------------------------------------

/** The modules with the most memory of their own get a hue each; the rest is grey. */
function rankModules() {
  const weights = new Map();
  for (const node of nodes) {
    if (!node.module) continue;
    const share = Math.max(...node.self.map((value, quantity) => value / (root.values[quantity] || 1)));
    weights.set(node.module, (weights.get(node.module) || 0) + share);
  }
  return [...weights].sort((one, other) => other[1] - one[1]).slice(0, hues.length).map(([module]) => module);
}

const ranked = rankModules();
const hueOf = new Map(ranked.map((module, index) => [module, hues[index]]));

/** A little lighter or darker, so that neighbours of one module can be told apart. */
function shade(name) {
  let hash = 7;
  for (let index = 0; index < name.length && index < 64; index += 1) hash = (hash * 31 + name.charCodeAt(index)) >>> 0;
  return ((hash % 7) - 3) * 0.009;
}

// Drawing ------------------------------------------------------------------------------------------------------------

/** Largest first, in the shown value. */
function order(children) {
  return children.filter((child) => child.values[shown] > 0)
    .sort((one, other) => other.values[shown] - one.values[shown] || one.index - other.index);
}

/** What is wide enough to be seen, as {node, left, width} in shares of the chart's width. */
function layout() {
  const boxes = [];
  const least = narrowest / Math.max(chart.clientWidth, 1);
  for (let node = zoomed.parent; node; node = node.parent) boxes.unshift({ node, left: 0, width: 1, isAbove: true });
  const pending = [{ node: zoomed, left: 0, width: 1 }];
  while (pending.length) {
    const box = pending.pop();
    boxes.push(box);
    let left = box.left;
    const drawn = [];
    for (const child of order(box.node.children)) {
      const width = (box.width * child.values[shown]) / box.node.values[shown];
      // The rest of the children is narrower still.
      if (width < least) break;
      drawn.unshift({ node: child, left, width });
      left += width;
    }
    // The leftmost is next, so that the page's order is that of the eye.
    pending.push(...drawn);
  }
  return boxes;
}

function label(node) {
  const value = node.values[shown];
  return [node.name, amount(value, shown), percent(value, root.values[shown]), place(node)].filter(Boolean).join(", ");
}

function drawFrame({ node, left, width, isAbove }, pixels) {
  const isNarrow = width * pixels < 28;
  const frame = make("div", isNarrow ? "frame narrow" : "frame");
  if (!isNarrow) {
    const name = make("span", "name", node.short);
    if (node.line && !node.children.length) name.append(make("span", "line", `:${node.line}`));
    frame.append(name);
  }
  if (width * pixels > 200) frame.append(make("span", "amount", amount(node.values[shown], shown)));
  if (isAbove) frame.classList.add("above");
  if (hueOf.has(node.module)) frame.style.setProperty("--hue", hueOf.get(node.module));
  else frame.classList.add("plain");
  frame.style.setProperty("--shade", shade(node.name));
  frame.style.left = `${left * 100}%`;
  frame.style.width = `${width * 100}%`;
  frame.style.top = `${node.depth * rowHeight}px`;
  frame.dataset.index = node.index;
  frame.setAttribute("role", "treeitem");
  frame.setAttribute("aria-level", node.depth + 1);
  frame.setAttribute("aria-label", label(node));
  frame.tabIndex = node === focused ? 0 : -1;
  if (isMatch(node)) frame.classList.add("match");
  return frame;
}

function draw() {
  const total = root.values[shown];
  element("empty").hidden = total > 0;
  element("note").textContent = data.quantities[shown].note;
  element("reset").hidden = zoomed === root;
  chart.classList.toggle("searching", wanted !== "");
  chart.hidden = !(total > 0);
  if (chart.hidden) return chart.replaceChildren();
  const pixels = chart.clientWidth;
  const boxes = layout();
  if (!boxes.some((box) => box.node === focused)) focused = zoomed;
  const frames = boxes.map((box) => drawFrame(box, pixels));
  chart.style.height = `${(boxes.reduce((most, box) => Math.max(most, box.node.depth), 0) + 1) * rowHeight}px`;
  chart.replaceChildren(...frames);
}

function frameOf(node) {
  return chart.querySelector(`[data-index="${node.index}"]`);
}

// What a frame is ----------------------------------------------------------------------------------------------------

function place(node) {
  const file = node.file && node.line > 0 ? `${node.file}:${node.line}` : node.file;
  return [file, node.module].filter(Boolean).join(" · ");
}

function tableRow(quantity, node) {
  const row = make("tr", quantity === shown ? "shown" : "");
  const heading = make("th", "", data.quantities[quantity].title);
  heading.scope = "row";
  row.append(
    heading, make("td", "", amount(node.values[quantity], quantity)),
    make("td", "", percent(node.values[quantity], root.values[quantity])));
  return row;
}

/** The tip beside a point, inside of the window. */
function showTip(node, x, y) {
  const table = make("table");
  data.quantities.forEach((_, quantity) => table.append(tableRow(quantity, node)));
  const lines = [make("div", "function", node.name)];
  if (place(node)) lines.push(make("div", "place", place(node)));
  const own = node.self[shown];
  if (node.children.length && own >= 0.5) {
    lines.push(make("div", "place", `${amount(own, shown)} of it here, the rest in what it calls`));
  }
  if (zoomed !== root && zoomed.depth <= node.depth) {
    lines.push(make("div", "place", `${percent(node.values[shown], zoomed.values[shown])} of ${zoomed.short}`));
  }
  tip.replaceChildren(...lines, table);
  placeTip(x, y);
}

function nodeAt(event) {
  const frame = event.target.closest ? event.target.closest(".frame") : null;
  return frame ? nodes[Number(frame.dataset.index)] : null;
}

// Zoom, value, search ------------------------------------------------------------------------------------------------

function zoom(node) {
  zoomed = node;
  focused = node;
  draw();
  summarize();
}

function choose(quantity) {
  if (!(root.values[quantity] > 0)) return;
  shown = quantity;
  element("quantities").querySelectorAll("input")[quantity].checked = true;
  if (!(zoomed.values[shown] > 0)) zoomed = root;
  draw();
  summarize();
}

function isMatch(node) {
  return wanted !== "" && node.parent !== null
    && [node.name, node.file, node.module].some((text) => text.toLowerCase().includes(wanted));
}

/** How much lies in frames that match; what lies in another match within one counts once. */
function summarize() {
  const output = element("matched");
  if (wanted === "") {
    output.textContent = "";
    return;
  }
  let sum = 0;
  let count = 0;
  const pending = [zoomed];
  while (pending.length) {
    const node = pending.pop();
    if (isMatch(node)) {
      sum += node.values[shown];
      count += node.values[shown] > 0 ? 1 : 0;
    } else {
      pending.push(...node.children);
    }
  }
  output.textContent = count ? `${amount(sum, shown)}, ${percent(sum, root.values[shown])} matched` : "Nothing matches";
}

function search(text) {
  wanted = text.trim().toLowerCase();
  draw();
  summarize();
}

// Keys ---------------------------------------------------------------------------------------------------------------

/** Where an arrow leads from the focused frame, among those that are drawn. */
function neighbour(key) {
  if (key === "ArrowUp") return focused.parent;
  if (key === "ArrowDown") {
    // Above the zoomed frame only the way to it is drawn.
    return focused.depth < zoomed.depth ? pathTo(zoomed)[focused.depth + 1] : order(focused.children)[0];
  }
  if (!focused.parent || focused.depth <= zoomed.depth) return null;
  const siblings = order(focused.parent.children);
  return siblings[siblings.indexOf(focused) + (key === "ArrowRight" ? 1 : -1)];
}

function pathTo(node) {
  const path = [];
  for (let each = node; each; each = each.parent) path.unshift(each);
  return path;
}

function focusOn(node) {
  const frame = node && frameOf(node);
  if (!frame) return;
  frameOf(focused)?.setAttribute("tabindex", "-1");
  focused = node;
  frame.tabIndex = 0;
  frame.focus();
}

function chartKey(event) {
  if (event.key.startsWith("Arrow")) {
    focusOn(neighbour(event.key));
  } else if (event.key === "Enter" || event.key === " ") {
    zoom(focused);
    focusOn(focused);
  } else {
    return;
  }
  event.preventDefault();
}

function pageKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target === element("search");
  if (event.key === "Escape") {
    if (isTyping && event.target.value) {
      event.target.value = "";
      search("");
    } else {
      if (isTyping) event.target.blur();
      hideTip();
      zoom(root);
      if (chart.contains(document.activeElement) || document.activeElement === document.body) focusOn(root);
    }
  } else if (!isTyping && event.key === "/") {
    element("search").focus();
  } else if (!isTyping && event.key >= "1" && event.key <= String(data.quantities.length)) {
    choose(Number(event.key) - 1);
  } else {
    return;
  }
  event.preventDefault();
}

// The page -----------------------------------------------------------------------------------------------------------

function makeQuantity(quantity, index) {
  const label = make("label");
  const input = make("input");
  Object.assign(input, { type: "radio", name: "quantity", value: quantity.name, checked: index === shown });
  input.disabled = !(root.values[index] > 0);
  input.addEventListener("change", () => choose(index));
  const card = make("span", "card");
  card.append(make("span", "name", quantity.title), make("span", "total", amount(root.values[index], index)));
  label.append(input, card);
  label.title = quantity.name;
  return label;
}

function makeModule(module) {
  const item = make("li", hueOf.has(module) ? "" : "plain");
  const swatch = make("i");
  swatch.style.setProperty("--hue", hueOf.get(module) ?? 0);
  item.append(swatch, make("span", "", module.split("/").pop() || module));
  item.title = module;
  return item;
}

function start() {
  element("title").textContent = data.title;
  element("facts").textContent = data.facts;
  element("quantities").append(...data.quantities.map(makeQuantity));
  element("modules").append(...ranked.map(makeModule));
  if (nodes.some((node) => node.parent && !hueOf.has(node.module))) element("modules").append(makeModule("everything else"));
  chart.addEventListener("click", (event) => {
    const node = nodeAt(event);
    if (!node) return;
    zoom(node);
    focusOn(node);
  });
  chart.addEventListener("mousemove", (event) => {
    const node = nodeAt(event);
    if (node) showTip(node, event.clientX, event.clientY);
    else hideTip();
  });
  chart.addEventListener("mouseleave", hideTip);
  chart.addEventListener("focusin", (event) => {
    const node = nodeAt(event);
    if (!node || !event.target.matches(":focus-visible")) return;
    const box = event.target.getBoundingClientRect();
    showTip(node, box.left, box.bottom - 14);
  });
  chart.addEventListener("focusout", hideTip);
  chart.addEventListener("keydown", chartKey);
  document.addEventListener("keydown", pageKey);
  element("search").addEventListener("input", (event) => search(event.target.value));
  element("reset").addEventListener("click", () => zoom(root));
  addEventListener("resize", draw);
  addEventListener("scroll", hideTip, { passive: true });
  draw();
}

start();
