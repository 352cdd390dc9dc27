import { describe, expect, it } from 'vitest';
import { costOf, packageOf, withoutPackages } from './action-graph.ts';

const seconds = (count: number): { CmdUser: number; CmdSys: number } => ({ CmdUser: count * 0.75e9, CmdSys: count * 0.25e9 });
const build = (ID: number, cost: number, ...Deps: number[]): object => ({ ID, Mode: 'build', Deps, ...(cost === 0 ? {} : seconds(cost)) });

describe('costOf', () => {
  it('adds up the packages that were compiled, and finds the longest chain of them', () => {
    const graph = [
      { ID: 0, Mode: 'link-install', Deps: [1] },
      { ID: 1, Mode: 'link', Deps: [2, 3, 4, 5], ...seconds(4) },
      build(2, 1, 3, 4),
      build(3, 2, 5),
      build(4, 3),
      // In Go's cache already.
      { ID: 5, Mode: 'build', Deps: null },
      { ID: 6, Mode: 'build check cache', Deps: null },
    ];
    expect(costOf(JSON.stringify(graph))).toEqual({ packages: 3, compile: 6, chain: 4, link: 4 });
  });

  it('looks at each package once, however many ways lead to it', () => {
    const layers = Array.from({ length: 60 }, (_, layer) =>
      [0, 1].map((side) => build(layer * 2 + side, 1, ...(layer === 0 ? [] : [layer * 2 - 2, layer * 2 - 1]))),
    );
    expect(costOf(JSON.stringify(layers.flat()))).toMatchObject({ packages: 120, chain: 60 });
  });

  it.each([
    ['no JSON', '{'],
    ['something else', '{"a":1}'],
    ['steps of another kind', '[{"id":1}]'],
  ])('refuses %s', (_, text) => {
    expect(() => costOf(text)).toThrow();
  });
});

describe('the output of `go build -v`', () => {
  it.each(['fmt', 'vendor/golang.org/x/net/idna', 'k8s.io/kubernetes/pkg/apis/core/v1', 'gopkg.in/yaml.v3', 'github.com/a/b~c/d+e'])(
    '%s is a package',
    (line) => {
      expect(packageOf(line)).toBe(line);
    },
  );

  it.each(['', '# k8s.io/api/core/v1', 'go: downloading k8s.io/api v0.30.14', 'main.go:3:1: undefined: x', '\thave (int)'])(
    '%j is none',
    (line) => {
      expect(packageOf(line)).toBeUndefined();
    },
  );

  it('of a build that failed keeps what says why', () => {
    expect(withoutPackages({ kind: 'exited', code: 1, output: 'fmt\n# a/b\na/b/c.go:1:1: undefined: x\nnet/http\n' })).toEqual({
      kind: 'exited',
      code: 1,
      output: '# a/b\na/b/c.go:1:1: undefined: x\n',
    });
  });
});
