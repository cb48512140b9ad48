/** Reads and writes one setting by its dotted path, and finds its description in the JSON schema. */

export type Json = Record<string, unknown>;

export interface SchemaNode {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  format?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  items?: SchemaNode;
  properties?: Record<string, SchemaNode>;
  $ref?: string;
  $defs?: Record<string, SchemaNode>;
  definitions?: Record<string, SchemaNode>;
  allOf?: SchemaNode[];
  anyOf?: SchemaNode[];
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function readPath(settings: Json, path: string): unknown {
  let here: unknown = settings;
  for (const key of path.split('.')) {
    if (!isObject(here)) return undefined;
    here = here[key];
  }
  return here;
}

export function hasPath(settings: Json, path: string): boolean {
  return readPath(settings, path) !== undefined;
}

/** The smallest object that changes this one setting. */
export function patchFor(path: string, value: unknown): Json {
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Json;
}

function resolve(
  node: SchemaNode | undefined,
  root: SchemaNode,
  depth = 0,
): SchemaNode | undefined {
  if (!node || depth > 8) return node;
  const { $ref, ...own } = node;
  const name = $ref?.split('/').at(-1);
  const target =
    name === undefined ? node.allOf?.[0] : (root.$defs?.[name] ?? root.definitions?.[name]);
  // What stands beside a reference (default, description) describes this use of it and wins.
  return target && target !== node ? { ...resolve(target, root, depth + 1), ...own } : node;
}

export function schemaAt(schema: SchemaNode, path: string): SchemaNode | undefined {
  let here = resolve(schema, schema);
  for (const key of path.split('.')) here = resolve(here?.properties?.[key], schema);
  return here;
}

/** Default of one setting: stated at the field itself, or inside the default of a parent. */
export function defaultAt(schema: SchemaNode, path: string): unknown {
  const keys = path.split('.');
  for (let cut = keys.length; cut >= 0; cut -= 1) {
    const node = cut === 0 ? schema : schemaAt(schema, keys.slice(0, cut).join('.'));
    if (node?.default === undefined) continue;
    const rest = keys.slice(cut);
    const value =
      rest.length === 0
        ? node.default
        : isObject(node.default)
          ? readPath(node.default, rest.join('.'))
          : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Dotted paths of every value a person could change; lists count as one value. */
export function leaves(settings: Json, prefix = ''): string[] {
  return Object.entries(settings).flatMap(([key, value]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return isObject(value) && Object.keys(value).length > 0 ? leaves(value, path) : [path];
  });
}

export function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
