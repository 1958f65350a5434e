// What a page is looked over for beside the rules of axe. Returns sentences; none is good.
(viewport) => {
  const said = [];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
  const named = (element) => element.outerHTML.slice(0, 120).replace(/\s+/g, " ");

  const heads = [...document.querySelectorAll("h1")].filter(shown);
  if (heads.length !== 1) said.push(`${heads.length} headings of the first level`);

  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) said.push(`the id ${id} stands twice`);

  for (const table of document.querySelectorAll("table"))
    if (!table.querySelector("thead th, th[scope]")) said.push(`a table without headers: ${named(table)}`);

  for (const control of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!control.labels.length && !control.ariaLabel && !control.hasAttribute("aria-labelledby"))
      said.push(`no label: ${named(control)}`);

  const all = window.focusedInOrder;
  const again = all.findIndex((element, at) => all.indexOf(element) !== at);
  const focused = again < 0 ? all : all.slice(0, again);
  // From the last control of the page it goes to the first.
  for (let at = 1; at < focused.length; at++)
    if (!focused[at].matches(".skip") && !(focused[at - 1].compareDocumentPosition(focused[at]) & Node.DOCUMENT_POSITION_FOLLOWING))
      said.push(`the tabulator goes from ${named(focused[at - 1])} back to ${named(focused[at])}`);
  if (focused.length < 2) said.push("the tabulator leads nowhere");

  const outlined = (element) => {
    const style = getComputedStyle(element);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  };
  const focusable = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]");
  for (const element of focusable) {
    if (element.disabled || element.tabIndex < 0 || !shown(element)) continue;
    if (element.tabIndex > 0) said.push(`an order of its own: ${named(element)}`);
    element.focus({ focusVisible: true, preventScroll: true });
    if (document.activeElement !== element) continue;
    if (![element, ...(element.labels ?? [])].some(outlined)) said.push(`focus cannot be seen: ${named(element)}`);
  }
  return said;
}
