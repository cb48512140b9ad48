import { describe, expect, it } from 'vitest';
import {
  defaultAt,
  leaves,
  patchFor,
  readPath,
  sameValue,
  schemaAt,
  type SchemaNode,
} from './paths';

const schema: SchemaNode = {
  properties: {
    house: {
      $ref: '#/$defs/House',
      default: { name: 'Le Vieux Moulin', timezone: 'Europe/Paris' },
    },
    publishing: { properties: { undo_secs: { type: 'integer', default: 30, maximum: 300 } } },
  },
  $defs: {
    House: {
      properties: { name: { type: 'string', maxLength: 80 }, timezone: { type: 'string' } },
    },
  },
};

describe('paths', () => {
  it('reads and patches one value', () => {
    expect(readPath({ a: { b: 3 } }, 'a.b')).toBe(3);
    expect(readPath({ a: 1 }, 'a.b')).toBeUndefined();
    expect(patchFor('publishing.undo_secs', 10)).toEqual({ publishing: { undo_secs: 10 } });
  });

  it('follows references in the schema', () => {
    expect(schemaAt(schema, 'house.name')?.maxLength).toBe(80);
    expect(schemaAt(schema, 'house.nothing')).toBeUndefined();
  });

  it('finds a default at the field or in a parent', () => {
    expect(defaultAt(schema, 'publishing.undo_secs')).toBe(30);
    expect(defaultAt(schema, 'house.timezone')).toBe('Europe/Paris');
    expect(defaultAt(schema, 'house.city')).toBeUndefined();
  });

  it('lists every value once, lists whole', () => {
    expect(leaves({ a: { b: 1, c: [1, 2] }, d: null })).toEqual(['a.b', 'a.c', 'd']);
  });

  it('compares lists by content', () => {
    expect(sameValue(['11:00'], ['11:00'])).toBe(true);
    expect(sameValue(['11:00'], ['12:00'])).toBe(false);
  });
});
