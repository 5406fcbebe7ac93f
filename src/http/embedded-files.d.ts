// Types of the files that are embedded in the executable: each import is a path that Bun.file can read.

declare module 'swagger-ui-dist/swagger-ui-bundle.js' {
  const path: string;
  export = path;
}

declare module 'swagger-ui-dist/swagger-ui.css' {
  const path: string;
  export = path;
}

declare module 'swagger-ui-dist/favicon-32x32.png' {
  const path: string;
  export = path;
}

declare module '*/docs-page.css' {
  const path: string;
  export = path;
}

declare module '*/docs-start.js' {
  const path: string;
  export = path;
}
