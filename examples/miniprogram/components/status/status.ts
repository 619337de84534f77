/** Instead of a blank page: it loads, it failed and can be tried again, or there is nothing yet. */
Component({
  properties: {
    /** `loading`, `ready` or `failed`. */
    state: { type: String, value: 'loading' },
    problem: { type: String, value: '' },
    empty: { type: Boolean, value: false },
    hint: { type: String, value: '这里还没有内容' },
  },
  methods: {
    retry() {
      this.triggerEvent('retry')
    },
  },
})
