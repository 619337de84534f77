import { createClient, wxPaymentSheet, wxSignIn, wxTokens, wxTransport } from 'minimall-client'
import { config } from './config'
import { development } from './development'

/** The shop's API. Signs in by itself where a route needs it. */
export const shop = createClient({
  baseUrls: config.baseUrls,
  transport: wxTransport(wx),
  tokens: wxTokens(wx, development?.tokensKey),
  signIn: development?.signIn ?? wxSignIn(wx),
})

export const paymentSheet = development?.sheet ?? wxPaymentSheet(wx)
