// On a phone a wide table is read as cards: each cell is told the heading of its column. Roles keep it a table for a screen
// reader, since cards are no table for the style sheet. A table with joined cells, or without headings, scrolls as it did.
"use strict";
(() => {
  const NARROW = "(max-width: 600px)"; // the same bound as in nms.css
  const FEW = 3; // so few columns mostly fit a phone as they are
  const narrow = matchMedia(NARROW);
  const joined = (cell) => cell.colSpan > 1 || cell.rowSpan > 1;
  const words = (cell) => cell.textContent.replace(/\s+/g, " ").trim();
  const rowsOf = (table) => [...table.tBodies].flatMap((body) => [...body.rows]);

  const wide = (table, heads) => heads.length > FEW || table.classList.contains("cards") || table.scrollWidth > table.parentElement.clientWidth;
  const plain = (table, heads) => heads.length > 0 && table.tHead.rows.length === 1 && !heads.some(joined)
    && rowsOf(table).every((row) => row.cells.length === heads.length && ![...row.cells].some(joined));

  const role = (element, name) => { if (element.getAttribute("role") !== name) element.setAttribute("role", name); };
  const deal = (table) => {
    const heads = table.tHead?.rows.length ? [...table.tHead.rows[0].cells] : [];
    const dealt = plain(table, heads) && wide(table, heads);
    table.classList.toggle("cards", dealt);
    if (!dealt) return;
    const labels = heads.map(words);
    role(table, "table");
    for (const group of [table.tHead, ...table.tBodies]) role(group, "rowgroup");
    role(table.tHead.rows[0], "row");
    heads.forEach((head) => role(head, head.tagName === "TH" ? "columnheader" : "cell"));
    for (const row of rowsOf(table)) {
      role(row, "row");
      [...row.cells].forEach((cell, column) => {
        role(cell, cell.tagName === "TH" ? "rowheader" : "cell");
        cell.dataset.label = labels[column];
        cell.classList.toggle("blank", !words(cell) && !cell.querySelector("input, select, button, img, svg"));
      });
    }
  };
  const dealAll = () => { if (narrow.matches) document.querySelectorAll("table.sheet").forEach(deal); };
  dealAll();
  narrow.addEventListener("change", dealAll);
  // Rows come by htmx and by the map's list alike: whoever puts them there, they are dealt before they are painted.
  const touched = (change) => change.target.closest?.("table.sheet") || [...change.addedNodes].some((node) => node.querySelector && (node.matches("table.sheet") || node.querySelector("table.sheet")));
  new MutationObserver((changes) => { if (changes.some(touched)) dealAll(); }).observe(document.body, { childList: true, subtree: true });
})();
