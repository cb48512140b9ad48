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
}
