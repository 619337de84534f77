/** A template as CloudFormation gets it, as far as these tests read it. */
export type Template = {
  Conditions: Record<string, unknown>
  Resources: Record<string, { Type: string; Condition?: string; Properties?: unknown }>
}

/**
 * What CloudFormation would make of a template in a region: the resources whose conditions hold, with
 * conditions, `Ref`s to parameters of AWS and `Fn::Sub`s of them filled in; references to other resources stay.
 */
export function resolved({ Conditions, Resources }: Template, region: string) {
  const pseudo: Record<string, string> = {
    'AWS::Region': region,
    'AWS::AccountId': '123456789012',
  }
  const filled = (text: string) =>
    text.replace(/\$\{(AWS::\w+)\}/g, (whole, name: string) => pseudo[name] ?? whole)
  const holds = (name: string) => value(Conditions[name]) === true

  function value(node: unknown): unknown {
    if (Array.isArray(node)) return node.map(value)
    if (typeof node !== 'object' || node === null) return node
    const { Ref, ...rest } = node as Record<string, unknown>
    if (typeof Ref === 'string') return pseudo[Ref] ?? node
    if (typeof rest['Fn::Sub'] === 'string') return filled(rest['Fn::Sub'])
    if (Array.isArray(rest['Fn::Equals'])) {
      const [one, other] = value(rest['Fn::Equals']) as unknown[]
      return one === other
    }
    if (Array.isArray(rest['Fn::Not'])) return (value(rest['Fn::Not']) as unknown[])[0] !== true
    if (Array.isArray(rest['Fn::If'])) {
      const [name, then, otherwise] = rest['Fn::If']
      return value(holds(String(name)) ? then : otherwise)
    }
    return Object.fromEntries(Object.entries(rest).map(([key, inner]) => [key, value(inner)]))
  }

  const there = Object.entries(Resources).filter(
    ([, { Condition }]) => Condition === undefined || holds(Condition),
  )
  return new Map(
    there.map(([id, { Type, Properties }]) => [
      id,
      { Type, Properties: value(Properties) as Record<string, unknown> },
    ]),
  )
}
