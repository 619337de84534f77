import { createHash } from 'node:crypto'
import type { JsonSchema, OpenApi } from '../openapi-types.ts'
import { article, badge, type Route } from './article.ts'
import { fieldsOf } from './fields.ts'
import { type Html, html, inline, prose, Html as Raw } from './html.ts'
import { SCRIPT } from './script.ts'
import { STYLE } from './style.ts'

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** What the page may do (Content-Security-Policy): its own style and script, and nothing else. */
export const POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(SCRIPT)}`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/**
 * An OpenAPI document as one HTML page that loads nothing: every route with its fields, codes and
 * examples, and every named schema. All of it can be read without the script, which only searches.
 */
export function docsPage(document: OpenApi): string {
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]): Route => ({ method: method.toUpperCase(), path, operation }),
    ),
  )
  const groups = document.tags.map((tag) => ({
    ...tag,
    routes: routes.filter(({ operation }) => operation.tags.includes(tag.name)),
  }))
  const { title, version, description } = document.info
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} API ${version}</title>
<link rel="icon" href="data:,">
<style>${new Raw(STYLE)}</style>
<a class="skip" href="#content">Skip to the contents</a>
<nav aria-label="Routes">
<a class="title" href="#top">${title} <small>${version}</small></a>
<p class="search" hidden><input type="search" id="search" placeholder="Search ( / )" aria-label="Search routes, fields and codes" autocomplete="off" spellcheck="false"><output id="count" for="search"></output></p>
${groups.map(
  (group) => html`<section class="group"><h2><a href="#tag-${group.name}">${group.name}</a></h2>
<ul>${group.routes.map(
    ({ method, path, operation }) =>
      html`<li data-for="${operation.operationId}"><a href="#${operation.operationId}">${badge(method)} ${path}</a></li>`,
  )}</ul></section>`,
)}
<h2><a href="#schemas">schemas</a></h2>
</nav>
<main id="content">
<header id="top"><h1>${title} API</h1>${prose(description)}<p><a href="/api/openapi.json">OpenAPI ${document.openapi} document</a></p></header>
${groups.map(
  (
    group,
  ) => html`<section class="group"><h2 id="tag-${group.name}">${group.name}</h2><p>${inline(group.description)}</p>
${group.routes.map((route) => article(route, document))}</section>`,
)}
<section><h2 id="schemas">schemas</h2>
${Object.entries(document.components.schemas).map(([name, schema]) => schemaArticle(name, schema, document))}
</section>
</main>
<script>${new Raw(SCRIPT)}</script>
</html>
`.text
}

function schemaArticle(name: string, schema: JsonSchema, document: OpenApi): Html {
  return html`<article id="schema-${name}"><h3><a href="#schema-${name}">${name}</a></h3>
${schema.description !== undefined && prose(schema.description)}${fieldsOf(schema, document)}
${schema.examples !== undefined && html`<p>Example: <code>${JSON.stringify(schema.examples[0])}</code></p>`}</article>`
}
