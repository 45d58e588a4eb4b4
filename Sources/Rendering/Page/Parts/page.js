"use strict";

// What the scripts of all pages share. Every text that comes from a process reaches a page as textContent, never as
// markup.
const data = JSON.parse(document.getElementById("data").textContent);
const element = (id) => document.getElementById(id);
const tip = element("tip");

/** A new element with a class and a text. */
function make(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Three significant digits and a unit. */
function scaled(value, step, units) {
  let unit = 0;
  let rest = value;
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= step;
    unit += 1;
  }
  const digits = rest < 9.995 ? 2 : rest < 99.95 ? 1 : 0;
  return `${unit ? rest.toFixed(digits) : Math.round(rest)} ${units[unit]}`.trim();
}

function bytes(value) { return scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]); }

function percent(part, whole) {
  const share = whole ? (100 * part) / whole : 0;
  if (share === 0) return "0 %";
  return share < 0.01 ? "< 0.01 %" : `${share < 99.995 ? share.toFixed(share < 10 ? 2 : 1) : 100} %`;
}

/** Shows the tip, which has its content already, beside a point and inside of the window. */
function placeTip(x, y) {
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const left = Math.min(x + 14, innerWidth - box.width - 12);
  const top = y + 18 + box.height > innerHeight - 8 ? y - box.height - 14 : y + 18;
  tip.style.transform = `translate(${Math.max(12, left)}px, ${Math.max(8, top)}px)`;
}

function hideTip() { tip.hidden = true; }
