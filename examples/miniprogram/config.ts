/** Where the shop is. */
export const config = {
  /**
   * The API, in order of preference: the next takes over while one fails. In production these are
   * https addresses that the mini-program's settings list as server domains.
   */
  baseUrls: ['http://127.0.0.1:3000'],

  /** For a shop on this machine only: see development.ts. */
  development: {
    /** Who signs in; any name is a user of its own. */
    user: 'demo',
    /** The WeChat stand-in, from the table that `npm start` prints. Needed for paying only. */
    standIn: '',
  },
}
