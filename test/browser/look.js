/**
 * @file Runs inside a page: says what there a person with eyes would stumble over. JavaScript, since the project's types
 * know no DOM, and are not to.
 */
(() => {
  const problems = [];
  const name = (element) => `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} "${element.textContent.trim().slice(0, 40)}"`;
  const tolerance = 0.75;

  /** Only for the ear. */
  const isUnseen = (element) => element.closest('.unseen') !== null || element.closest('thead')?.offsetWidth === 1;

  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) problems.push(`the page is ${scrollWidth} pixels wide in a window of ${innerWidth}`);

  for (const svg of document.querySelectorAll('svg')) {
    if (svg.parentElement.closest('svg')) continue;
    const frame = svg.getBoundingClientRect();
    if (frame.width === 0) continue;
    const texts = [...svg.querySelectorAll('text')].map((text) => ({ text, box: text.getBoundingClientRect() }));
    for (const [place, { text, box }] of texts.entries()) {
      const isInside =
        box.left >= frame.left - tolerance &&
        box.right <= frame.right + tolerance &&
        box.top >= frame.top - tolerance &&
        box.bottom <= frame.bottom + tolerance;
      if (!isInside) problems.push(`${name(text)} is cut off by ${name(svg)}`);
      for (const other of texts.slice(place + 1)) {
        const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        if (across > tolerance && down > tolerance) problems.push(`${name(text)} overlaps ${name(other.text)}`);
      }
    }
  }

  for (const element of document.body.querySelectorAll('*')) {
    if (element.closest('svg') || isUnseen(element)) continue;
    const { display, overflowX } = getComputedStyle(element);
    if (display === 'inline' || overflowX !== 'visible') continue;
    if (element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1) {
      problems.push(`${name(element)} needs ${element.scrollWidth} pixels and has ${element.clientWidth}`);
    }
  }

  /** Boxes of the lines of an element's text, and of its pictures. */
  const piecesOf = (element) => {
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const pieces = [...element.querySelectorAll('img')].map((image) => ({ says: image.alt, box: image.getBoundingClientRect() }));
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      if (!text.data.trim() || isUnseen(text.parentElement)) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      for (const box of range.getClientRects()) pieces.push({ says: text.data.trim(), box });
    }
    return pieces.filter(({ box }) => box.width > 0);
  };
  for (const scroll of document.querySelectorAll('.scroll')) {
    const frame = scroll.getBoundingClientRect();
    const hint = scroll.parentElement.querySelector('.hint');
    const isHinted = hint !== null && hint.getBoundingClientRect().width > 0;
    for (const { says, box } of piecesOf(scroll)) {
      const isOutside = box.left >= frame.right - tolerance;
      if (isOutside && !isHinted) problems.push(`"${says.slice(0, 40)}" is out of view, and nothing says so`);
      if (!isOutside && box.right > frame.right + tolerance) problems.push(`"${says.slice(0, 40)}" is cut by div.scroll "${scroll.textContent.trim().slice(0, 5)}"`);
    }
    for (const cell of scroll.querySelectorAll('th,td')) {
      const { left, right } = cell.getBoundingClientRect();
      for (const { says, box } of piecesOf(cell)) {
        if (box.right > right + tolerance || box.left < left - tolerance) problems.push(`"${says.slice(0, 40)}" sticks out of its cell`);
      }
    }
  }

  for (const image of document.images) if (!image.naturalWidth) problems.push(`${image.alt} cannot be shown`);
  return [...new Set(problems)];
})();
