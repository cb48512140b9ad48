import type { ServerEvent } from '$lib/api/types';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface ApiRequest {
  method: Method;
  /** Path and query, starting with /api/. */
  path: string;
  headers: Record<string, string>;
  body: string | null;
}

export interface ApiResponse {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: string;
}

/** What a drop or a file dialog gives: a browser has bytes, the window has paths. */
export type DroppedFile = { file: File } | { path: string };

/** The few things that differ between the desktop window and a browser. */
export interface Platform {
  kind: 'window' | 'browser';
  request(request: ApiRequest): Promise<ApiResponse>;
  upload(file: File, altText?: string): Promise<ApiResponse>;
  /** Calls back for every engine event; `onState` tells whether the stream is alive. */
  subscribe(
    onEvent: (event: ServerEvent) => void,
    onState: (connected: boolean) => void,
  ): () => void;
  /** Address of an engine path usable in `<img src>`. */
  assetUrl(path: string): string;
  /** Files dropped on the page. In the window the web view reports paths, not bytes. */
  onFileDrop(handlers: {
    over: (isOver: boolean) => void;
    drop: (files: DroppedFile[]) => void;
  }): () => void;
  /** Opens an address in the person's own browser. */
  openExternal(url: string): Promise<void>;
  /** Things of this computer; only the window has them. */
  desktop?: Desktop;
}

export interface Desktop {
  /** Shows a file or folder in the system's file manager. */
  reveal(path: string): Promise<void>;
  /** Asks where to put a text file and writes it there; null when the person changed their mind. */
  saveText(name: string, text: string): Promise<string | null>;
  /** Whether the application starts, hidden, when the person logs in. */
  autostart: { get(): Promise<boolean>; set(on: boolean): Promise<boolean> };
  /** Ends the application, after a warning when something is due soon. */
  quit(): Promise<void>;
}
