// Blocks of a formset, added and taken away:
//   <div data-repeat> management form, [data-repeat-items] of [data-repeat-item], <template data-repeat-template>
//   holding one item with `__prefix__`, [data-repeat-add] </div>; in an item, [data-repeat-remove] and its DELETE box.
// Without a script [data-repeat-add] is an ordinary submit button; the view answers with one more block.
function start(box) {
  const total = box.querySelector('input[name$="-TOTAL_FORMS"]');
  const items = box.querySelector("[data-repeat-items]");
  const template = box.querySelector("template[data-repeat-template]");
  const add = box.querySelector("[data-repeat-add]");
  const most = Number(box.dataset.repeatMax || Infinity);
  const shownItems = () => [...items.querySelectorAll("[data-repeat-item]")].filter((item) => !item.hidden);
  const refresh = () => {
    add.hidden = shownItems().length >= most;
    shownItems().forEach((item, index) => {
      for (const place of item.querySelectorAll("[data-repeat-number]")) place.textContent = String(index + 1);
    });
  };
  const prepare = (item) => {
    const mark = item.querySelector('input[name$="-DELETE"]');
    const remove = item.querySelector("[data-repeat-remove]");
    if (!remove) return;
    remove.hidden = false;
    if (mark) {
      (mark.closest(".field") ?? mark).hidden = true;
      item.hidden = mark.checked;
    }
    remove.addEventListener("click", (event) => {
      event.preventDefault();
      if (mark) {
        mark.checked = true;
        item.hidden = true;
        mark.dispatchEvent(new Event("change", { bubbles: true }));
      } else {
        item.remove();
        total.dispatchEvent(new Event("change", { bubbles: true }));
      }
      refresh();
      (add.hidden ? items.querySelector("input, select") : add)?.focus();
    });
  };

  add.addEventListener("click", (event) => {
    event.preventDefault();
    const holder = document.createElement("template");
    holder.innerHTML = template.innerHTML.replaceAll("__prefix__", total.value);
    const item = holder.content.firstElementChild;
    total.value = String(Number(total.value) + 1);
    items.append(item);
    prepare(item);
    refresh();
    item.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    total.dispatchEvent(new Event("change", { bubbles: true }));
  });
  items.querySelectorAll("[data-repeat-item]").forEach(prepare);
  refresh();
}

document.querySelectorAll("[data-repeat]").forEach(start);
