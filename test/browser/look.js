/**
 * @file Runs inside a page: says what there a person with eyes would stumble over. JavaScript, since the project's types
 * know no DOM, and are not to.
 */
(() => {
  const problems = [];
  const name = (element) => `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} "${element.textContent.trim().slice(0, 40)}"`;
  const tolerance = 0.75;

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
    if (element.closest('svg') || element.closest('.unseen')) continue;
    const { display, overflowX } = getComputedStyle(element);
    if (display === 'inline' || overflowX !== 'visible') continue;
    if (element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1) {
      problems.push(`${name(element)} needs ${element.scrollWidth} pixels and has ${element.clientWidth}`);
    }
  }

  for (const image of document.images) if (!image.naturalWidth) problems.push(`${image.alt} cannot be shown`);
  return [...new Set(problems)];
})();
