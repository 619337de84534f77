// The layer rule: arrows point one way, functions → domain → platform.
module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-imports-functions',
      comment: 'A function is an entry; what two functions share belongs in shared/.',
      severity: 'error',
      from: { path: '^(functions|shared|local|client)/' },
      to: { path: '^functions/' },
    },
    {
      name: 'platform-knows-no-domain',
      severity: 'error',
      from: { path: '^shared/platform/' },
      to: { path: '^shared/domain/' },
    },
    {
      name: 'local-is-never-deployed',
      severity: 'error',
      from: { path: '^(functions|shared)/' },
      to: { path: '^(local|test|bench|chaos|model)/' },
    },
    {
      name: 'nothing-imports-bench-or-chaos',
      severity: 'error',
      from: { path: '^(functions|shared|local|client)/' },
      to: { path: '^(bench|chaos)/' },
    },
    {
      name: 'chaos-stands-outside',
      comment:
        'It knows the shop by its contract and its books; what bench needs too is in local/lib/.',
      severity: 'error',
      from: { path: '^chaos/' },
      to: { path: '^(functions|test|bench)/' },
    },
    {
      name: 'nothing-imports-model',
      severity: 'error',
      from: { path: '^(functions|shared|local|client|bench|chaos)/' },
      to: { path: '^model/' },
    },
    {
      name: 'the-client-stands-alone',
      comment:
        'It is a package of its own, without dependencies, for an engine that is not Node.js.',
      severity: 'error',
      from: { path: '^client/' },
      to: { pathNot: '^client/src/' },
    },
    {
      name: 'deployed-code-uses-dependencies-only',
      comment: 'What a function bundles must be a dependency, not a dev dependency.',
      severity: 'error',
      from: { path: '^(functions|shared)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'unknown'], pathNot: '@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^(\\.local|\\.esbuild|\\.serverless)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default'] },
  },
}
