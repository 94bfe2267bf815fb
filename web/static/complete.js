// Fields that hold several places, “;” between: the last one is completed from its first letters. Without this script
// they are plain fields, and the server reads the same names and codes.
"use strict";
(() => {
  const WAIT_MS = 150;
  document.querySelectorAll("[data-complete]").forEach((field, number) => {
    const box = document.createElement("div");
    box.className = "completions";
    box.id = `completions-${number}`;
    box.setAttribute("role", "listbox");
    box.setAttribute("aria-label", field.dataset.completeLabel || "");
    box.hidden = true;
    field.after(box);
    const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": box.id };
    for (const [name, value] of Object.entries(attributes)) field.setAttribute(name, value);
    let timer = 0, asked = 0, at = -1;

    const close = () => { asked += 1; box.hidden = true; at = -1; field.setAttribute("aria-expanded", "false"); field.removeAttribute("aria-activedescendant"); };
    const choose = (next) => {
      const all = [...box.children];
      at = next < 0 || next >= all.length ? -1 : next;
      all.forEach((one, place) => one.setAttribute("aria-selected", String(place === at)));
      if (at < 0) { field.removeAttribute("aria-activedescendant"); return; }
      field.setAttribute("aria-activedescendant", all[at].id);
      all[at].scrollIntoView({ block: "nearest" });
    };
    const take = (value) => {
      const before = field.value.split(";").slice(0, -1).map((one) => one.trim());
      field.value = [...before, value].join("; ");
      close();
      field.focus();
      field.dispatchEvent(new Event("change", { bubbles: true }));
    };
    const show = (rows) => {
      box.replaceChildren(...rows.map((row, place) => {
        const option = document.createElement("div");
        option.id = `${box.id}-${place}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        const name = document.createElement("strong"), more = document.createElement("span");
        name.textContent = row.value;
        more.textContent = row.text;
        more.className = "soft";
        option.append(name, " ", more);
        option.addEventListener("pointerdown", (event) => { event.preventDefault(); take(row.value); });
        return option;
      }));
      at = -1;
      box.style.top = `${field.offsetTop + field.offsetHeight + 2}px`;
      box.hidden = rows.length === 0;
      field.setAttribute("aria-expanded", String(!box.hidden));
    };
    const ask = async () => {
      const text = field.value.split(";").pop().trim(), mine = (asked += 1);
      if (text.length < 2) { close(); return; }
      try {
        const answer = await fetch(`${field.dataset.complete}?q=${encodeURIComponent(text)}`, { headers: { Accept: "application/json" } });
        const rows = answer.ok ? await answer.json() : [];
        if (mine === asked && document.activeElement === field) show(rows);
      } catch { close(); }
    };
    field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT_MS); });
    field.addEventListener("blur", () => { clearTimeout(timer); close(); });
    field.addEventListener("keydown", (event) => {
      if (box.hidden) return;
      const all = [...box.children];
      if (event.key === "Escape") { event.preventDefault(); close(); }
      if (event.key === "ArrowDown") { event.preventDefault(); choose(at + 1); }
      if (event.key === "ArrowUp") { event.preventDefault(); choose(at < 0 ? all.length - 1 : at - 1); }
      if (event.key === "Enter" && at >= 0) { event.preventDefault(); take(all[at].querySelector("strong").textContent); }
    });
  });
})();
