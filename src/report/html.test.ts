import { expect, test } from 'vitest';
import { html } from './html.ts';

test('escapes what is put in, but not HTML', () => {
  const name = `<script>alert("a & b")</script>'`;
  expect(html`<p title="${name}">${html`<b>${name}</b>`}</p>`.text).toBe(
    '<p title="&lt;script&gt;alert(&quot;a &amp; b&quot;)&lt;/script&gt;&#39;"><b>&lt;script&gt;alert(&quot;a &amp; b&quot;)&lt;/script&gt;&#39;</b></p>',
  );
});

test('joins lists, and leaves nothing for false, null and undefined', () => {
  expect(html`<ul>${['a', html`<i>b</i>`, ['c', 0]]}${false}${null}${undefined}</ul>`.text).toBe(
    '<ul>a<i>b</i>c0</ul>',
  );
});
