/**
 * @file How a report looks: one accent, orange for what is wrong, grey for the rest; light, dark and on paper.
 *
 * Blue and orange stay apart for people who see no red or no green, and nothing is said by color alone.
 */

const light = `
--ground:#fbfbf9;--card:#fff;--ink:#1c1d1f;--muted:#5c5d5f;--line:#e2e1dc;--accent:#0f5c9c;--soft:#cfe1f2;--on-accent:#fff;
--wrong:#9a4a06;--dot:#1c1d1f;--grid:#e9e8e4;
--h1:#fcefe4;--h2:#f9dfc9;--h3:#f4c79d;--h4:#e9a869;--h5:#a95a10;--h6:#763a05;--h-ink:#1c1d1f;--h-deep:#fff;`;

const dark = `
--ground:#141619;--card:#1b1e22;--ink:#e8e7e3;--muted:#a9a8a3;--line:#33373c;--accent:#82bdf2;--soft:#234563;--on-accent:#10202e;
--wrong:#f2ab6b;--dot:#e8e7e3;--grid:#2a2d32;
--h1:#2b2520;--h2:#44311f;--h3:#61401f;--h4:#7f4e1d;--h5:#dd9147;--h6:#f8c48f;--h-ink:#f4f2ee;--h-deep:#1c1407;`;

const text = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;max-width:76rem;padding:clamp(1.5rem,4vw,4rem) clamp(1rem,4vw,3.5rem) 5rem;background:var(--ground);color:var(--ink);
font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:break-word}
h1,h2,h3,h4{line-height:1.2;letter-spacing:-.012em;text-wrap:balance;margin:0}
h1{font-size:clamp(1.7rem,1.2rem + 2.2vw,2.75rem);font-weight:680;letter-spacing:-.024em;max-width:26em}
h2{font-size:1.6rem;font-weight:650}
h3{font-size:1.2rem;font-weight:650}
h4{font-size:1rem;font-weight:650;margin:2rem 0 .75rem}
p{margin:.6rem 0 1.1rem;max-width:44rem}
small,.fine{font-size:.84rem;color:var(--muted)}
.overline{margin:0 0 .5rem;font-size:.8rem;letter-spacing:.09em;text-transform:uppercase;color:var(--muted)}
a{color:inherit;text-decoration-color:var(--accent);text-underline-offset:.2em;text-decoration-thickness:1px}
code,pre,.hash{font-family:ui-monospace,"SF Mono",SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.86em}
pre{margin:1rem 0;padding:1rem 1.2rem;background:var(--card);border:1px solid var(--line);border-radius:8px;white-space:pre-wrap;overflow-wrap:anywhere}
.hash{overflow-wrap:anywhere;font-size:.76rem;color:var(--muted)}
:focus-visible{outline:2px solid var(--accent);outline-offset:3px;border-radius:3px}
.arch .piece{white-space:nowrap}
.conclusion b{font-weight:600}
.subtitle{margin:.5rem 0 0;font-size:1.2rem;color:var(--muted)}
.letter{display:inline-block;min-width:1.65rem;padding:0 .25rem;margin-right:.05rem;border-radius:4px;border:1px solid var(--line);
background:var(--card);font-size:.78rem;line-height:1.55em;font-weight:650;text-align:center}
.strip-label,.panels figcaption,tbody th:has(.letter){padding-left:2.05rem;text-indent:-2.05rem}
tbody th:first-child:has(.letter){padding-left:2.05rem}
.letter,.tag{text-indent:0}
.letter.best{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
.tag{display:inline-block;margin-left:.2rem;padding:0 .5em;border:1px solid var(--line);border-radius:1em;font-size:.76rem;line-height:1.6;color:var(--muted);white-space:nowrap}
.tag.best,.front-tag{border-color:var(--accent);color:var(--accent)}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}`;

const frame = `
header{margin-bottom:2.5rem}
article{margin-top:4.5rem;padding-top:2.5rem;border-top:1px solid var(--line)}
article>section{margin-top:3.25rem}
main>section[aria-labelledby=again]{margin-top:4.5rem;padding-top:2.5rem;border-top:1px solid var(--line)}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:clamp(1.1rem,3vw,2rem)}
.verdicts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,27rem),1fr));gap:1.25rem}
.verdict h2{font-size:.95rem;font-weight:600;letter-spacing:0;color:var(--muted)}
.winner{margin:.7rem 0 .3rem;font-size:clamp(1.2rem,1rem + 1vw,1.5rem);line-height:1.3;font-weight:650;letter-spacing:-.012em}
.conclusion{font-size:1.05rem}
.figures{display:flex;flex-wrap:wrap;gap:.9rem 2rem;margin:1.4rem 0;align-items:flex-end}
.figures div{display:flex;flex-direction:column-reverse}
.figures dt{font-size:.8rem;color:var(--muted)}
.figures dd{margin:0;font-size:1.05rem;font-weight:600;line-height:1.3}
.figures .main{flex-basis:100%}
.figures .main dd{font-size:clamp(2.4rem,2rem + 2vw,3.4rem);letter-spacing:-.03em;line-height:1.05;color:var(--accent)}
.verdict .fine{margin-bottom:0}
.warnings{border-color:var(--wrong);border-left-width:5px;margin-bottom:1.25rem}
.warnings h2{font-size:1.1rem;color:var(--wrong)}
.warnings ul{margin:.6rem 0 0;padding-left:1.2rem}
.settings{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,13rem),1fr));gap:1rem 2rem;margin:1rem 0}
.settings.wide{grid-template-columns:repeat(auto-fill,minmax(min(100%,30rem),1fr))}
.settings dt{font-size:.84rem;color:var(--muted)}
.settings dd{margin:0;overflow-wrap:anywhere}
.settings .hash{display:block}
figure{margin:0;min-width:0}
figure{margin-top:.75rem}
figcaption{font-size:.9rem;color:var(--muted);margin-bottom:.8rem;max-width:44rem}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));gap:2.25rem 3.5rem;margin-top:1.5rem}
.beside{display:grid;grid-template-columns:minmax(0,1fr);gap:2rem 3rem;align-items:start}
@media (min-width:66rem){.beside{grid-template-columns:minmax(0,3fr) minmax(0,2fr)}}
details{margin:.9rem 0}
details+details{margin-top:-.5rem}
summary{cursor:pointer;padding:.3rem 0;font-size:.92rem;color:var(--accent);width:fit-content;max-width:100%}
.captioned{container-type:inline-size;margin:1rem 0}
.caption{margin:0 0 .5rem;font-size:.84rem;line-height:1.4;color:var(--muted)}
.scroll{overflow-x:auto}
.hint{display:none;color:var(--accent)}
.ranges{display:none;margin:1rem 0;padding:0;list-style:none;font-size:.84rem}
.ranges li{margin-top:.4rem}`;

const tables = `
table{border-collapse:collapse;font-size:.88rem;line-height:1.4}
th,td{padding:.42rem .8rem;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{padding-left:0}
thead th{font-weight:600;font-size:.8rem;color:var(--muted);vertical-align:bottom}
tbody th{font-weight:400;min-width:11rem}
.number{text-align:right;white-space:nowrap}
thead .number{white-space:normal;min-width:4.5rem}
td .hash{display:inline-block;min-width:12rem}
.heat{border-collapse:separate;border-spacing:2px;font-size:.82rem}
.heat th,.heat td{border:0;padding:.3rem;text-align:center;min-width:2.7rem;vertical-align:middle;font-variant-numeric:tabular-nums}
.heat thead th{vertical-align:bottom}
.heat.long thead span{writing-mode:vertical-rl;transform:rotate(180deg);text-align:left;max-height:8rem}
.heat tbody th{text-align:right;min-width:0;padding-right:.5rem;color:var(--muted);font-size:.8rem;font-weight:600}
.heat .corner{font-size:.72rem;color:var(--muted);text-align:right;vertical-align:bottom;padding-right:.5rem;max-width:6rem}
.heat tbody td{border-radius:3px;color:var(--h-ink);background:var(--card)}
.heat td.right{background:var(--soft);color:var(--ink);font-weight:600}
.heat .h1{background:var(--h1)}.heat .h2{background:var(--h2)}.heat .h3{background:var(--h3)}.heat .h4{background:var(--h4)}
.heat tbody .h5{background:var(--h5);color:var(--h-deep)}.heat tbody .h6{background:var(--h6);color:var(--h-deep)}`;

const charts = `
svg{display:block;overflow:visible}
svg text{fill:var(--ink);font-size:12px}
svg .tick{fill:var(--muted);font-size:11px;font-variant-numeric:tabular-nums}
.grid{stroke:var(--grid);stroke-width:1}
.strips{container-type:inline-size}
.strip-row{display:grid;grid-template-columns:minmax(0,1fr) auto;column-gap:1rem;padding-top:.55rem;font-size:.92rem;line-height:1.35;align-items:baseline}
.strip-row .strip{grid-column:1/-1;grid-row:2}
.strip-row.axis .strip{grid-row:1}
.strip-row.axis{padding-top:0}
.strip-figure{text-align:right;font-weight:600;white-space:nowrap}
.strip-figure small{display:block;font-weight:400;white-space:normal;max-width:6.5rem;margin-left:auto}
.strip-label{overflow-wrap:anywhere}
.best .strip-figure,.best .strip-label{color:var(--accent);font-weight:650}
@container (min-width:44rem){
.strip-row{grid-template-columns:minmax(0,27rem) minmax(0,1fr) 11.5rem;align-items:center;padding-top:.2rem}
.strip-row .strip,.strip-row.axis .strip{grid-column:2;grid-row:1}
.strip-figure{grid-column:3}
.strip-figure small{max-width:none}}
.interval{stroke:var(--muted);stroke-opacity:.38;stroke-width:7}
.mean{fill:var(--dot);stroke:var(--ground);stroke-width:2}
.dot{fill:var(--dot);fill-opacity:.5}
.best .interval{stroke:var(--accent)}.best .mean,.best .dot{fill:var(--accent)}
.reference{stroke:var(--ink);stroke-width:1;stroke-dasharray:3 3}
.mark{overflow:visible}
.mark path{fill:var(--wrong);stroke:var(--ground);stroke-width:1.5}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,18rem),1fr));gap:1.75rem 2rem}
.panels figure{display:flex;flex-direction:column;justify-content:space-between}
.panels figcaption{color:var(--ink);margin-bottom:.35rem;line-height:1.35}
.panel{width:100%;max-width:23rem;height:auto}
.curve{fill:none;stroke-linejoin:round;stroke-linecap:round}
.curve.training{stroke:var(--muted);stroke-width:1.2;stroke-dasharray:3 3}
.curve.validation{stroke:var(--accent);stroke-width:1.6}
.legend{font-size:.9rem;color:var(--muted)}
.key-training::before,.key-validation::before{content:"";display:inline-block;width:1.6rem;margin-right:.5rem;vertical-align:.25em;border-top:2px dashed var(--muted)}
.key-validation{margin-left:1rem}
.key-validation::before{border-top:2px solid var(--accent)}
.cost{max-width:48rem}
.front{stroke:var(--accent);stroke-width:1.5;stroke-opacity:.7}
.spread{stroke:var(--muted);stroke-opacity:.5;stroke-width:2}
.point{fill:var(--ground);stroke:var(--muted);stroke-width:2}
.point.on-front{fill:var(--dot);stroke:var(--ground)}
.point.best{fill:var(--accent);stroke:var(--ground)}
.point-label{font-weight:650;font-size:12px}`;

const pictures = `
img{display:block;max-width:100%;height:auto;image-rendering:pixelated}
.gallery{list-style:none;margin:1.5rem 0 0;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(6rem,1fr));gap:1.5rem 1rem}
.gallery figcaption{margin:.45rem 0 0;font-size:.82rem;line-height:1.4}
.gallery span{display:block}
.gallery strong{display:inline-block;max-width:100%}
@media (min-width:60rem){.gallery{grid-template-columns:repeat(8,minmax(0,1fr))}}
.gallery strong{color:var(--ink)}
.gallery .wrong{color:var(--wrong)}
.sheets{display:flex;flex-wrap:wrap;gap:2rem 3rem;align-items:flex-start}
.sheets figure{max-width:100%}
.sheets figcaption,.heat-picture figcaption{margin:.6rem 0 0;max-width:32rem}
.sheets figcaption strong,.sheets figcaption span,.maps thead .fine{display:block}
.sheets figcaption strong{color:var(--ink)}
.swatch{border-bottom:3px solid}
.swatch.below{border-color:#b35806}.swatch.above{border-color:#175c9e}
.maps th,.maps td{vertical-align:middle}
.maps thead th{vertical-align:bottom}
.maps tbody th{min-width:6rem;font-weight:600}
.maps:not(.always) img{max-width:none}`;

/** A table's rows as blocks: the name of the row, and below it values under the names of their columns. */
const blocks = (tables: string): string => `
${tables},${tables} tbody{display:block}
${tables} thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
${tables} tr{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,7rem),1fr));gap:.45rem .75rem;padding:.7rem 0;border-bottom:1px solid var(--line)}
${tables} :is(th,td){display:block;min-width:0;border:0;text-align:left;white-space:normal;overflow-wrap:anywhere}
${tables} tbody :is(th,td):not(:has(.letter)){padding:0}
${tables} tbody th:has(.letter){padding-block:0}
${tables} :is(th,td:has(.hash)){grid-column:1/-1}
${tables} td[data-column]::before{content:attr(data-column);display:block;font-size:.76rem;color:var(--muted)}
${tables} .hash{min-width:0}
`;

/** Columns of one width, and small type. */
function small(heat: string): string {
  return `
${heat}{table-layout:fixed;border-spacing:0;width:calc(var(--name) + var(--columns)*var(--cell));font-size:clamp(9px,2.9cqi,.8rem);letter-spacing:-.02em}
${heat} :is(th,td){min-width:0;width:var(--cell);padding:.4rem 0;border:1px solid var(--ground)}
${heat} :is(tbody th,.corner){width:var(--name);max-width:none;padding-right:.3rem;font-size:max(9px,.9em);overflow-wrap:anywhere}
${heat} thead th{font-size:inherit}
`;
}

/** Parts of a page that is not wide: by the room that a table has, not by the window. */
const narrow = `
@media screen{
${blocks('.always')}
.always+.ranges{display:block}
.always tr{display:flex;flex-wrap:wrap;align-items:flex-end;gap:.75rem 1.25rem}
.always th{flex-basis:100%}
@container (max-width:58rem){${blocks('.wide')}.ranges{display:block}}
@container (max-width:36rem){${blocks('.blocks')}
.few{width:100%}
.few tbody th{min-width:0}
.few :is(th,td){overflow-wrap:anywhere;padding-inline:.4rem}
.few :is(th,td):first-child{padding-left:0}
.few :is(th,td):last-child{padding-right:0}
.few thead .number{min-width:0}
.maps img{max-width:100%}
.maps tr{display:flex;flex-wrap:wrap;align-items:flex-end}
.maps th{flex-basis:100%}}
@container (max-width:62rem){.heat.many{--cell:calc((100cqi - 6.5rem)/var(--columns));--name:6.5rem}}
@container (max-width:36rem){
.heat.fits{--name:min(4rem,18cqi);--cell:calc((100cqi - var(--name))/var(--columns))}
.heat.slides{--name:22cqi;--cell:13cqi}
.captioned:has(.slides) .scroll{scroll-snap-type:x mandatory;scroll-padding-left:22cqi;border-right:3px solid var(--accent)}
.slides thead th{scroll-snap-align:start}
.slides :is(tbody th,.corner){position:sticky;left:0;background:var(--ground)}
.hint{display:block}}
@container (max-width:62rem){${small('.heat.many')}}
@container (max-width:36rem){${small('.heat:is(.fits,.slides)')}}
}`;

const paper = `
@media print{
body{max-width:none;padding:0;font-size:10pt;background:#fff}
article{break-before:page;margin-top:0;border:0;padding-top:0}
h2,h3,h4,figcaption,caption,summary{break-after:avoid}
figure,.card,tr,.strip-row,.gallery li{break-inside:avoid}
details::details-content{content-visibility:visible;block-size:auto}
summary{color:inherit;list-style:none;font-weight:600}
.scroll{overflow:visible}
table{font-size:7.5pt}
th,td{padding:.2rem .4rem}
tbody th{min-width:0}
td .hash{min-width:0;font-size:6pt}
.heat,.strips,.panels,svg,.letter{print-color-adjust:exact;-webkit-print-color-adjust:exact}
pre{white-space:pre-wrap}
.maps img{max-width:100%}
a{text-decoration:none}}`;

export const style = `:root{color-scheme:light dark;${light}}
@media screen and (prefers-color-scheme:dark){:root{${dark}}}
${[text, frame, tables, charts, pictures, narrow, paper].join('\n')}
`;
