import { createHash } from 'node:crypto'
import { Window } from 'happy-dom'
import { beforeAll, describe, expect, it } from 'vitest'
import { readContract } from '../../../../local/docs/contract.ts'
import { inline } from '../../../../shared/platform/http/docs/html.ts'
import { docsPage, POLICY } from '../../../../shared/platform/http/docs/page.ts'
import { SCRIPT } from '../../../../shared/platform/http/docs/script.ts'
import type { OpenApi } from '../../../../shared/platform/http/openapi-types.ts'

let contract: OpenApi
let page: string
let window: Window
beforeAll(async () => {
  contract = (await readContract()).document
  page = docsPage(contract)
  window = new Window({ url: 'http://localhost/api/docs' })
  window.document.write(page)
})
const element = (selector: string) => window.document.querySelector(selector)

describe('the page of the API', () => {
  it('has every route with its fields, codes and examples, and every schema', () => {
    for (const [path, methods] of Object.entries(contract.paths)) {
      for (const [method, { operationId, parameters, summary }] of Object.entries(methods)) {
        const text = element(`#${operationId}`)?.textContent ?? ''
        expect(text.toLowerCase(), operationId).toContain(`${method} ${path}`.toLowerCase())
        expect(text, operationId).toContain(summary.replaceAll('`', ''))
        for (const { name } of parameters) expect(text, operationId).toContain(name)
        expect(text, operationId).toContain('curl ')
        expect(text, operationId).toContain('50301')
        expect(element(`nav a[href="#${operationId}"]`), operationId).not.toBeNull()
      }
    }
    const schemas = Object.keys(contract.components.schemas)
    for (const name of schemas) expect(element(`#schema-${name}`), name).not.toBeNull()
    expect(element('#ordersCreate')?.textContent).toMatch(/40901 .*40904 .*42201 /s)
  })

  it('has no link within that leads nowhere, and no id twice', () => {
    const ids = [...window.document.querySelectorAll('[id]')].map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const link of window.document.querySelectorAll('a[href^="#"]'))
      expect(ids).toContain(link.getAttribute('href')?.slice(1))
  })

  it('loads nothing, and allows only the style and the script that it has', () => {
    expect(page).not.toMatch(/\b(src|srcset|action)=|@import|url\(/)
    expect(page).not.toMatch(/<[^>]* (style|on\w+)=/)
    const links = [...window.document.querySelectorAll('[href]')].map((each) =>
      each.getAttribute('href'),
    )
    expect(links.filter((href) => !/^(#|data:,$|\/api\/)/.test(href ?? ''))).toEqual([])
    for (const tag of ['style', 'script']) {
      const text = element(tag)?.textContent ?? ''
      const hash = createHash('sha256').update(text).digest('base64')
      expect(POLICY).toContain(`${tag}-src 'sha256-${hash}'`)
    }
    expect(POLICY).toContain("default-src 'none'")
  })

  it('shows text as text', () => {
    expect(inline('<b> & `a<b` **strong**').text).toBe(
      '&lt;b&gt; &amp; <code>a&lt;b</code> <strong>strong</strong>',
    )
    const evil: OpenApi = {
      ...contract,
      info: { ...contract.info, title: '<script>alert(1)</script>' },
    }
    expect(docsPage(evil)).not.toContain('<script>alert')
  })
})

describe('the search', () => {
  const search = () =>
    element('#search') as unknown as { value: string; dispatchEvent(e: unknown): void }
  const type = (text: string) => {
    search().value = text
    search().dispatchEvent(new window.Event('input'))
  }
  const press = (key: string, target: { dispatchEvent(e: unknown): void } = search()) =>
    target.dispatchEvent(new window.KeyboardEvent('keydown', { key, bubbles: true }))
  const shown = (selector: string) =>
    [...window.document.querySelectorAll(selector)].filter((each) => !each.hasAttribute('hidden'))

  beforeAll(() => {
    const { document, location } = window
    const listen = window.addEventListener.bind(window)
    new Function('document', 'location', 'addEventListener', SCRIPT)(document, location, listen)
  })

  it('finds routes by path, field and code, and goes to the first', () => {
    type('40904')
    expect(shown('article').map(({ id }) => id)).toEqual(['ordersCreate'])
    expect(shown('nav li')).toHaveLength(1)
    expect(element('#count')?.textContent).toBe('1 found')
    press('Enter')
    expect(window.location.hash).toBe('#ordersCreate')
    type('POST Idempotency-key')
    expect(shown('article').map(({ id }) => id)).toContain('ordersCreate')
    type('nothing has this')
    expect(shown('article, nav li, .group')).toEqual([])
    press('Escape')
    expect(shown('article').length).toBeGreaterThan(20)
  })

  it('is a key away', () => {
    press('/', element('main') as never)
    expect(window.document.activeElement?.id).toBe('search')
  })
})
