/** Style of the page of the API. Colours reach a contrast of 4.5 to 1, in the light and in the dark. */
export const STYLE = `
:root { color-scheme: light dark; --text: light-dark(#1c2024, #e8eaed); --quiet: light-dark(#5a6169, #a3abb3);
  --page: light-dark(#fff, #16191d); --panel: light-dark(#f5f6f8, #1e2227); --line: light-dark(#dfe2e6, #363c43);
  --link: light-dark(#0b57b7, #8ab8ff); }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; color: var(--text); background: var(--page); font: 16px/1.55 system-ui, sans-serif;
  display: grid; grid-template-columns: minmax(16rem, 22rem) minmax(0, 1fr); }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: .5rem; top: .5rem; z-index: 1; padding: .5rem; background: var(--page); }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1rem; background: var(--panel); border-right: 1px solid var(--line); }
nav h2 { margin: 1rem 0 .25rem; font-size: .95rem; } nav ul { list-style: none; margin: 0; padding: 0; }
nav li { margin: .2rem 0; font-size: .85rem; overflow-wrap: anywhere; } nav li a { color: var(--text); }
.title { font-size: 1.2rem; font-weight: 700; color: var(--text); }
.search { position: sticky; top: -1rem; margin: .75rem -1rem 0; padding: .5rem 1rem; background: var(--panel); }
.search input { width: 100%; padding: .45rem .6rem; font: inherit; color: inherit; background: var(--page); border: 1px solid var(--quiet); border-radius: 6px; }
.search output { display: block; min-height: 1.2rem; font-size: .8rem; color: var(--quiet); }
main { padding: 1rem 2rem 50vh; max-width: 64rem; }
main h2 { margin: 2.5rem 0 0; font-size: 1.5rem; text-transform: capitalize; }
h3 { margin: 0; font-size: 1.1rem; overflow-wrap: anywhere; } h3 a { color: inherit; } h4 { margin: 1rem 0 .25rem; font-size: .9rem; color: var(--quiet); }
article { margin: 1rem 0; padding: 1rem 1.25rem; border: 1px solid var(--line); border-radius: 8px; }
article:target { border-color: var(--link); box-shadow: 0 0 0 1px var(--link); }
p { margin: .5rem 0; } small { color: var(--quiet); overflow-wrap: anywhere; }
code, pre, .type, .method { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .85em; }
pre { margin: .25rem 0; padding: .75rem; max-height: 24rem; overflow: auto; background: var(--panel); border-radius: 6px; }
table { width: 100%; border-collapse: collapse; } tr { border-top: 1px solid var(--line); }
th, td { padding: .35rem .5rem; text-align: left; vertical-align: top; font-weight: 400; } th { width: 13rem; overflow-wrap: anywhere; }
td table { margin: .35rem 0; border-left: 2px solid var(--line); } td table th { width: 10rem; } .errors th { width: 4rem; }
summary { cursor: pointer; } article > details { margin-top: .35rem; }
.method { display: inline-block; min-width: 3.6em; } .get { color: light-dark(#0a6b3d, #5fd39a); } .post { color: light-dark(#0b57b7, #8ab8ff); }
.put, .patch { color: light-dark(#8a5200, #f0b45c); } .delete { color: light-dark(#b3261e, #ff9b93); }
[hidden] { display: none; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; max-height: 45vh; border-right: 0; border-bottom: 1px solid var(--line); } main { padding: 1rem; } }
@media print { nav { display: none; } body { display: block; } }
`
