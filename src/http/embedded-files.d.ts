// Types of the files that are embedded in the executable: each import is a path that Bun.file can read, or the text.

declare module 'swagger-ui-dist/swagger-ui-bundle.js' {
  const path: string;
  export = path;
}

declare module '*.png' {
  const path: string;
  export = path;
}

declare module '*.svg' {
  const path: string;
  export = path;
}

declare module '*.css' {
  const path: string;
  export = path;
}

declare module '*/docs-start.js' {
  const path: string;
  export = path;
}

declare module '*.md' {
  const text: string;
  export = text;
}
