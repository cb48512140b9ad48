/** The settings as the engine has them, saved one field at a time. The engine validates. */
import { api } from '$lib/api';
import { errorText, fieldErrorText } from '$lib/errors';
import {
  defaultAt,
  patchFor,
  readPath,
  sameValue,
  schemaAt,
  type Json,
  type SchemaNode,
} from './paths';

export type Saving =
  { state: 'saving' | 'saved' } | { state: 'refused'; text: string; typed: unknown };

const CONFIRM_MS = 2500;

export class SettingsStore {
  values = $state.raw<Json | null>(null);
  schema = $state.raw<SchemaNode>({});
  failure = $state.raw<unknown>(null);
  saving = $state.raw<Record<string, Saving>>({});

  async load(): Promise<void> {
    try {
      const [values, schema] = await Promise.all([
        api.settings.get(),
        api.settings.schema().catch(() => ({})),
      ]);
      this.values = values;
      this.schema = schema as SchemaNode;
      this.failure = null;
    } catch (error) {
      this.failure = error;
    }
  }

  /** The engine's value, or what was typed while the engine refuses it. */
  shown(path: string): unknown {
    const saving = this.saving[path];
    if (saving?.state === 'refused') return saving.typed;
    return this.values ? readPath(this.values, path) : undefined;
  }

  node(path: string): SchemaNode | undefined {
    return schemaAt(this.schema, path);
  }

  defaultOf(path: string): unknown {
    return defaultAt(this.schema, path);
  }

  isDefault(path: string): boolean {
    const standard = this.defaultOf(path);
    return (
      standard === undefined ||
      sameValue(standard, this.values ? readPath(this.values, path) : undefined)
    );
  }

  async save(path: string, value: unknown): Promise<boolean> {
    if (this.values && sameValue(readPath(this.values, path), value)) {
      this.#mark(path, null);
      return true;
    }
    this.#mark(path, { state: 'saving' });
    try {
      this.values = await api.settings.patch(patchFor(path, value));
      this.#mark(path, { state: 'saved' });
      setTimeout(() => {
        if (this.saving[path]?.state === 'saved') this.#mark(path, null);
      }, CONFIRM_MS);
      return true;
    } catch (error) {
      const text = fieldErrorText(error, path) ?? errorText(error);
      this.#mark(path, { state: 'refused', text, typed: value });
      return false;
    }
  }

  async reset(path: string): Promise<boolean> {
    return this.save(path, this.defaultOf(path));
  }

  #mark(path: string, saving: Saving | null): void {
    const others = Object.entries(this.saving).filter(([key]) => key !== path);
    this.saving = Object.fromEntries(saving ? [...others, [path, saving]] : others);
  }
}
