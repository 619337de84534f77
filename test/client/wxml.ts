/** What stands in a template, as far as a page has to provide it. */
export type Template = {
  /** Names of methods that events call. */
  handlers: string[]
  /** Names of the page's data that are shown. */
  names: string[]
  /** Elements that are not WeChat's own. */
  components: string[]
}

const BUILT_IN = new Set([
  ...[
    'view',
    'text',
    'image',
    'block',
    'button',
    'input',
    'picker',
    'swiper',
    'swiper-item',
    'scroll-view',
  ],
])
const LITERALS = new Set(['true', 'false', 'null', 'undefined', 'length'])

/** Reads WXML. @throws where elements are not closed as they were opened */
export function readTemplate(wxml: string): Template {
  const open: { name: string; own: string[] }[] = []
  const template = {
    handlers: new Set<string>(),
    names: new Set<string>(),
    components: new Set<string>(),
  }
  const known = () => open.flatMap(({ own }) => own)
  const use = (text: string, own: string[]) => {
    for (const [, expression = ''] of text.matchAll(/\{\{(.*?)\}\}/g)) {
      const bare = expression.replace(/'[^']*'/g, '').replace(/\.\s*\w+/g, '')
      for (const [name] of bare.matchAll(/[A-Za-z_]\w*/g))
        if (!LITERALS.has(name) && !own.includes(name) && !known().includes(name))
          template.names.add(name)
    }
  }
  let rest = wxml
  while (rest !== '') {
    const tag = /^<(\/?)([a-z-]+)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*(\/?)>/.exec(rest)
    if (tag === null) {
      const text = /^[^<]+/.exec(rest)?.[0]
      if (text === undefined) throw new Error(`no element: ${rest.slice(0, 60)}`)
      use(text, [])
      rest = rest.slice(text.length)
      continue
    }
    const [whole, closing, name = '', attributes = '', single] = tag
    rest = rest.slice(whole.length)
    if (closing) {
      const last = open.pop()
      if (last?.name !== name) throw new Error(`</${name}> closes <${last?.name}>`)
      continue
    }
    if (!BUILT_IN.has(name)) template.components.add(name)
    const values = new Map(
      [...attributes.matchAll(/([\w:-]+)(?:="([^"]*)")?/g)].map(([, key = '', value = '']) => [
        key,
        value,
      ]),
    )
    const own = values.has('wx:for') ? [values.get('wx:for-item') ?? 'item', 'index'] : []
    for (const [key, value] of values) {
      if (/^(bind|catch):/.test(key)) template.handlers.add(value)
      use(value, key === 'wx:for' ? [] : own)
    }
    if (!single) open.push({ name, own })
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)?.name}> is not closed`)
  return {
    handlers: [...template.handlers],
    names: [...template.names],
    components: [...template.components],
  }
}
