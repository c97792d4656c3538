/** @file PNG files as parts of a page. */
import { type Html, html } from './html.ts';

/** How large a picture is shown: so many pixels for one of its own, or so wide. */
export type PictureSize = { readonly zoom: number } | { readonly width: number };

export function picture(png: Uint8Array | undefined, alt: string, size: PictureSize): Html {
  if (png === undefined) return html`<span class="no-picture">no picture</span>`;
  // The header has the size: https://www.w3.org/TR/png-3/#11IHDR.
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const shown = 'zoom' in size ? width * size.zoom : size.width;
  return html`<img src="data:image/png;base64,${base64(png)}" width="${shown}" height="${Math.round((height * shown) / width)}" alt="${alt}">`;
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
