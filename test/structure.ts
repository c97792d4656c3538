/**
 * @file The rules of the architecture, each a function from parsed source files to the places that break it.
 *
 * `structure.test.ts` applies them to this project, and shows each of them a bad example. A message names the place, what
 * is wrong there, and what to do instead.
 */
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import ts from 'typescript';

/** A source file: its path from the project's root with `/`, and its syntax tree (which holds its text). */
export interface Source {
  readonly path: string;
  readonly tree: ts.SourceFile;
  /** Whether there is a file of this path. */
  readonly exists: (path: string) => boolean;
}

/**
 * An import of any form: static, type-only, re-exported, dynamic, a worker's `new URL('./x.ts', import.meta.url)`, or
 * `process.getBuiltinModule('node:x')`.
 */
interface Import {
  readonly specifier: string;
  /** By `getBuiltinModule`, which gives nothing where there is no Node. */
  readonly isAsked: boolean;
  /** The file that a relative specifier means; undefined for packages. */
  readonly target: string | undefined;
  readonly place: string;
}

export function parseSources(texts: Readonly<Record<string, string>>): Source[] {
  return Object.entries(texts).map(([path, text]) => ({
    path,
    tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true),
    exists: (other) => texts[other] !== undefined,
  }));
}

// ── The order of the folders ────────────────────────────────────────────────────────────────────────────────────────

/** From the bottom up; what stands on one line is equal. A file may import its equals and what stands below. */
const order: readonly (readonly string[])[] = [
  ['formula'],
  ['layers', 'loss', 'optimizers'],
  ['model'],
  ['compiler'],
  ['engine'],
  ['training'],
  ['comparison'],
  ['explain', 'export'],
  ['report'],
  ['cli'],
];

/** Files directly in `src` that anyone may import, and that import only each other. */
const rootFile = /^src\/(shape|numerics(-[a-z0-9-]+)?|random|errors|format-number|nearest|numerics-version)\.ts$/;

/** The package's entries: only the command line, and each other, may import them. */
const entryFile = /^src\/(index|node)\.ts$/;

/** `data` stands beside the order: it knows only the root files, and is known from here on up. */
const firstReaderOfData = 'training';

type Area = { readonly kind: 'root' | 'entry' | 'unknown' } | { readonly kind: 'folder'; readonly name: string };

function areaOf(path: string): Area {
  if (rootFile.test(path)) return { kind: 'root' };
  if (entryFile.test(path)) return { kind: 'entry' };
  const name = /^src\/([^/]+)\//.exec(path)?.[1];
  return name !== undefined && (name === 'data' || rankOf(name) >= 0) ? { kind: 'folder', name } : { kind: 'unknown' };
}

function rankOf(folder: string): number {
  return order.findIndex((equals) => equals.includes(folder));
}

function mayImport(from: Area, to: Area): boolean {
  if (to.kind === 'root') return true;
  if (from.kind === 'root') return false;
  if (to.kind === 'entry') return from.kind === 'entry' || (from.kind === 'folder' && from.name === 'cli');
  if (to.kind !== 'folder') return false;
  if (from.kind === 'entry') return to.name !== 'cli';
  if (from.kind !== 'folder') return false;
  if (from.name === to.name) return true;
  if (from.name === 'data') return false;
  if (to.name === 'data') return rankOf(from.name) >= rankOf(firstReaderOfData);
  return rankOf(to.name) <= rankOf(from.name);
}

export function importsAgainstTheOrder(sources: readonly Source[]): string[] {
  return codeOf(sources).flatMap((source) => {
    const from = areaOf(source.path);
    if (from.kind === 'unknown') {
      return [`${source.path} has no place in the order of folders; give it one in test/structure.ts`];
    }
    return importsOf(source).flatMap(({ specifier, target, place }) => {
      if (target !== undefined) {
        // The command line tells the package's version.
        if (target === 'package.json' && from.kind === 'folder' && from.name === 'cli') return [];
        if (isTest(target)) return [`${place} imports the test ${target}`];
        return mayImport(from, areaOf(target)) ? [] : [`${place} imports ${target}, which is not below it`];
      }
      const isOwnName = specifier === 'ocellus' || specifier.startsWith('ocellus/') || specifier.startsWith('#');
      return isOwnName ? [`${place} imports '${specifier}'; import the file itself by its relative path`] : [];
    });
  });
}

// ── Node ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const needsNode = (path: string): boolean =>
  path.startsWith('src/cli/') || path === 'src/node.ts' || /^src\/(.+\/)?node\//.test(path);

/** What starts threads, and what runs in one: both run in a page as well, and ask whether there is Node. */
const asksForNode = /^src\/engine\/threads\/(spawn\.ts|share\.js)$/;

export function nodeOutsideItsPlaces(sources: readonly Source[]): string[] {
  return codeOf(sources)
    .filter(({ path }) => !needsNode(path))
    .flatMap((source) =>
      importsOf(source).flatMap(({ specifier, target, place, isAsked }) => {
        if (isAsked && asksForNode.test(source.path)) return [];
        if (target === undefined && isBuiltin(specifier)) {
          return [`${place} imports '${specifier}'; only src/cli, src/node.ts and node/ folders may need Node`];
        }
        if (target !== undefined && /^src\/(.+\/)?node\//.test(target)) {
          return [`${place} imports ${target}; only src/cli, src/node.ts and node/ folders may import a node/ folder`];
        }
        return [];
      }),
    );
}

/** Packages that only the command line may need: a page that imports the library must not load them. */
const ofTheCommandLine = new Set(['cli-progress', 'cli-table3', 'commander', 'picocolors', 'yaml', 'zod']);

export function packagesOutsideTheCommandLine(sources: readonly Source[]): string[] {
  return codeOf(sources)
    .filter(({ path }) => !path.startsWith('src/cli/'))
    .flatMap((source) =>
      importsOf(source).flatMap(({ specifier, place }) =>
        ofTheCommandLine.has(specifier.split('/')[0]!) ? [`${place} imports '${specifier}'; only src/cli may`] : [],
      ),
    );
}

// ── Numbers that could differ from one machine to the next ──────────────────────────────────────────────────────────

/** Members of `Math` whose result the language defines to the last bit. */
const exactMath = new Set(
  (
    'abs ceil floor round trunc sqrt min max fround imul sign clz32 ' + 'E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2'
  ).split(' '),
);

export function inexactMath(sources: readonly Source[]): string[] {
  return codeOf(sources)
    .filter(({ path }) => !/^src\/numerics(-[a-z0-9-]+)?\.ts$/.test(path))
    .flatMap((source) =>
      collect(source, (node) => {
        if (ts.isIdentifier(node) && node.text === 'Math') {
          const member = memberOf(node);
          if (member === undefined) return "hands 'Math' on; name the member where it is used";
          if (!exactMath.has(member))
            return `uses Math.${member}, whose bits depend on the machine; see src/numerics.ts`;
        }
        return isInexactPower(node)
          ? 'uses ** , whose bits depend on the machine; multiply, or see src/numerics.ts'
          : '';
      }),
    );
}

/** `exp` for the `Math` of `Math.exp` and of `globalThis.Math.exp`. */
function memberOf(node: ts.Identifier): string | undefined {
  const { parent } = node;
  const whole = ts.isPropertyAccessExpression(parent) && parent.name === node ? parent : node;
  return ts.isPropertyAccessExpression(whole.parent) && whole.parent.expression === whole
    ? whole.parent.name.text
    : undefined;
}

/** Exact are squares, powers of written-out integers, and bigints. */
function isInexactPower(node: ts.Node): boolean {
  if (!ts.isBinaryExpression(node)) return false;
  const { kind } = node.operatorToken;
  if (kind !== ts.SyntaxKind.AsteriskAsteriskToken && kind !== ts.SyntaxKind.AsteriskAsteriskEqualsToken) return false;
  if (ts.isBigIntLiteral(node.right) || ts.isBigIntLiteral(node.left)) return false;
  const isInteger = (operand: ts.Expression) => ts.isNumericLiteral(operand) && /^\d+$/.test(operand.text);
  return !isInteger(node.right) || !(isInteger(node.left) || node.right.getText() === '2');
}

const timelessFolder = /^src\/(formula|layers|loss|optimizers|compiler)\//;

export function clocksWhereResultsAreMade(sources: readonly Source[]): string[] {
  return codeOf(sources)
    .filter(({ path }) => timelessFolder.test(path))
    .flatMap((source) =>
      collect(source, (node) => {
        const isNow = ts.isPropertyAccessExpression(node) && /\b(Date|performance)\.now$/.test(node.getText());
        const isDate = ts.isNewExpression(node) && node.expression.getText() === 'Date';
        return isNow || isDate ? 'reads the clock; what is computed here may depend on formulas and shapes alone' : '';
      }),
    );
}

// ── Cycles ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Import cycles, each as `a.ts → b.ts → a.ts`; type-only imports count, since a reader has to follow them too. */
export function importCycles(sources: readonly Source[]): string[] {
  const targets = new Map(
    codeOf(sources).map((source) => [source.path, importsOf(source).flatMap(({ target }) => target ?? [])]),
  );
  const cycles: string[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path].join(' → '));
    if (start >= 0 || done.has(path)) return;
    trail.push(path);
    for (const target of targets.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of targets.keys()) visit(path);
  return cycles;
}

// ── Habits ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const longestFile = 400;

export function longFilesWithoutReason(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, tree }) => {
    const text = tree.getFullText();
    const lines = text.replace(/\n$/, '').split('\n').length;
    const header = text.slice(0, tree.getStart(tree));
    return lines > longestFile && !header.includes('Why one file:')
      ? [`${path} has ${lines} lines; split it, or say "Why one file:" in its header`]
      : [];
  });
}

const testFunctions = new Set(['it', 'test', 'describe', 'suite', 'bench']);
const leftovers = new Set(['skip', 'only', 'todo']);

export function testsLeftOut(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    collect(source, (node) => {
      const isMember =
        ts.isPropertyAccessExpression(node) && leftovers.has(node.name.text) && testFunctions.has(rootOf(node));
      const isOption =
        ts.isPropertyAssignment(node) &&
        leftovers.has(node.name.getText()) &&
        ts.isCallExpression(node.parent.parent) &&
        testFunctions.has(rootOf(node.parent.parent));
      const name = isMember ? node.name.text : isOption ? node.name.getText() : '';
      return name === '' ? '' : `leaves tests out with '${name}'; only what this CPU lacks may be skipped, by skipIf`;
    }),
  );
}

/** `it` for `it.concurrent.each(rows)`. */
function rootOf(node: ts.Expression): string {
  if (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) return rootOf(node.expression);
  return ts.isIdentifier(node) ? node.text : '';
}

export function notesToSelf(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, tree }) =>
    tree
      .getFullText()
      .split('\n')
      .flatMap((line, index) => {
        const word = /\b(?:TO(?:)DO|FIX(?:)ME)\b/.exec(line)?.[0];
        return word === undefined ? [] : [`${path}:${index + 1} says ${word}; do it, or open an issue`];
      }),
  );
}

export function codeFromStrings(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    collect(source, (node) => {
      if (ts.isIdentifier(node) && node.text === 'eval') return 'uses eval';
      const isCall = ts.isNewExpression(node) || ts.isCallExpression(node);
      return isCall && /^(globalThis\.)?Function$/.test(node.expression.getText())
        ? 'makes a function from a string'
        : '';
    }),
  );
}

// ── Reading the trees ───────────────────────────────────────────────────────────────────────────────────────────────

const isTest = (path: string): boolean => path.endsWith('.test.ts');

/** What ships: `src` without its tests, which may import anything. */
function codeOf(sources: readonly Source[]): Source[] {
  return sources.filter(({ path }) => path.startsWith('src/') && !isTest(path));
}

function importsOf(source: Source): Import[] {
  const imports: Import[] = [];
  walk(source.tree, (node) => {
    const specifier = specifierOf(node);
    if (specifier === undefined) return;
    const written = specifier.startsWith('.') ? posix.join(posix.dirname(source.path), specifier) : undefined;
    const target = written && source.exists(written) ? written : written?.replace(/\.js$/, '.ts');
    imports.push({ specifier, target, place: placeOf(source, node), isAsked: asksForBuiltin(node) });
  });
  return imports;
}

function specifierOf(node: ts.Node): string | undefined {
  let written: ts.Node | undefined;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) written = node.moduleSpecifier;
  else if (ts.isImportTypeNode(node)) written = ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    written = node.arguments[0];
  else if (asksForBuiltin(node)) written = node.arguments[0];
  else if (ts.isNewExpression(node) && node.arguments?.[1]?.getText() === 'import.meta.url') {
    written = node.arguments[0];
  }
  return written !== undefined && ts.isStringLiteralLike(written) ? written.text : undefined;
}

function asksForBuiltin(node: ts.Node): node is ts.CallExpression {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  return node.expression.name.text === 'getBuiltinModule';
}

/** The messages that `judge` has about nodes, each with its place; it says '' where all is well. */
function collect(source: Source, judge: (node: ts.Node) => string): string[] {
  const found: string[] = [];
  walk(source.tree, (node) => {
    const message = judge(node);
    if (message !== '') found.push(`${placeOf(source, node)} ${message}`);
  });
  return found;
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

function placeOf({ path, tree }: Source, node: ts.Node): string {
  return `${path}:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`;
}
