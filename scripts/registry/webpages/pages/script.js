"use strict";
// Nothing here is needed to read a page: it filters, sorts and picks two versions.

function filter(form) {
  const input = form.querySelector("input");
  const output = form.querySelector("output");
  const rows = [...document.querySelectorAll("[data-words]")];
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) row.hidden = !words.every((word) => row.dataset.words.toLowerCase().includes(word));
    output.textContent = words.length ? `${rows.filter((row) => !row.hidden).length} of ${rows.length}` : "";
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
}

function sort(table) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  for (const [column, head] of heads.entries()) {
    if (head.querySelector("a")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const isUp = head.getAttribute("aria-sort") !== "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
      const text = (row) => row.cells[column].textContent.trim();
      const rows = [...body.rows].sort((one, other) => text(one).localeCompare(text(other), "en", { numeric: true }));
      body.append(...(isUp ? rows : rows.reverse()));
    });
  }
}

function pick(form) {
  const [one, other] = form.querySelectorAll("select");
  const unlike = form.querySelector("input");
  const rows = [...document.querySelectorAll(".versions tr:not(.group)")];
  const groups = [...document.querySelectorAll(".versions tr.group")];
  const command = document.querySelectorAll(".picked");
  const show = () => {
    const wanted = [Number(one.value), Number(other.value)];
    for (const row of rows) {
      const cells = [...row.cells];
      for (const [place, cell] of cells.entries()) cell.hidden = place > 0 && !wanted.includes(place);
      const [old, now] = wanted.map((place) => cells[place].textContent);
      row.hidden = unlike.checked && row.parentElement.tagName === "TBODY" && old === now;
    }
    for (const group of groups) group.hidden = [...group.parentElement.rows].every((row) => row === group || row.hidden);
    for (const [place, select] of [one, other].entries()) command[place].textContent = select.selectedOptions[0].text;
  };
  form.addEventListener("change", show);
  form.hidden = false;
  show();
}

document.querySelectorAll("form.filter").forEach(filter);
document.querySelectorAll("table.sorted").forEach(sort);
document.querySelectorAll("form.two").forEach(pick);
