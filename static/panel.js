// What no server can do: copy to the clipboard, open dialogs, close menus. Everything else is HTML and htmx.

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    try {
      await navigator.clipboard.writeText(copy.dataset.copy);
    } catch {
      // Without a secure context there is no clipboard API: select the text instead, Ctrl-C does the rest.
      const source = copy.closest("dd, td, div")?.previousElementSibling ?? copy.parentElement;
      getSelection().selectAllChildren(source);
      return;
    }
    const words = copy.textContent;
    copy.textContent = copy.dataset.copied || "✓";
    setTimeout(() => { copy.textContent = words; }, 1500);
    return;
  }
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    document.getElementById(opener.dataset.dialog)?.showModal();
    return;
  }
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest("dialog")?.close();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A form that submits itself when a choice in it changes: <form data-autosubmit>.
document.addEventListener("change", (event) => {
  event.target.closest("form[data-autosubmit]")?.requestSubmit();
});

// A passkey that was not found or not given: say so where the button is.
document.addEventListener("allauth.error", (event) => {
  const trouble = document.getElementById("passkey-trouble");
  if (!trouble) return;
  event.preventDefault();
  trouble.hidden = false;
});

// One box ticks all boxes of its form's list.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-check-all]")) return;
  for (const box of event.target.closest("table").querySelectorAll("tbody input[type=checkbox]")) box.checked = event.target.checked;
});
