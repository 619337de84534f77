/**
 * Search within the page of the API: shows what holds every word that was typed. `/` goes to the
 * search, Escape ends it, Enter goes to the first that was found.
 */
export const SCRIPT = `
const search = document.getElementById('search')
const count = document.getElementById('count')
const articles = [...document.querySelectorAll('article')].map((element) => ({
  element,
  text: element.textContent.toLowerCase(),
  link: document.querySelector('[data-for="' + element.id + '"]'),
}))
const groups = [...document.querySelectorAll('.group')]
const find = () => {
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean)
  let found = 0
  for (const { element, text, link } of articles) {
    const hidden = !words.every((word) => text.includes(word))
    element.hidden = hidden
    if (link !== null) link.hidden = hidden
    if (!hidden) found++
  }
  for (const group of groups) group.hidden = group.querySelector('article:not([hidden]), li:not([hidden])') === null
  count.textContent = words.length === 0 ? '' : found + ' found'
}
search.parentElement.hidden = false
search.addEventListener('input', find)
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && event.target !== search && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault()
    search.focus()
  } else if (event.key === 'Escape' && search.value !== '') {
    search.value = ''
    find()
  } else if (event.key === 'Enter' && event.target === search) {
    const first = articles.find(({ element }) => !element.hidden)
    if (first !== undefined) location.hash = first.element.id
  }
})
addEventListener('hashchange', () => {
  const target = document.getElementById(location.hash.slice(1))
  const article = target === null ? null : target.closest('article')
  if (article !== null && article.hidden) {
    search.value = ''
    find()
    article.scrollIntoView()
  }
})
`
