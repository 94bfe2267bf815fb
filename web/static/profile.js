// The desk of profiles: a fault's line is shown in the text. Without this script the line is quoted below the fault.
"use strict";
(() => {
  const text = document.getElementById("text");
  if (!text) return;
  document.querySelectorAll("[data-line]").forEach((link) => link.addEventListener("click", (event) => {
    event.preventDefault();
    const lines = text.value.split("\n"), at = Number(link.dataset.line) - 1;
    const start = lines.slice(0, at).reduce((sum, line) => sum + line.length + 1, 0);
    text.focus();
    text.setSelectionRange(start, start + (lines[at] || "").length);
    text.scrollTop = Math.max(0, (at - 3) * parseFloat(getComputedStyle(text).lineHeight));
  }));
})();
