/** JupyterLab's colours on what is CodeMirror's. */

import { syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { jupyterEditorTheme, jupyterHighlightStyle } from '@jupyterlab/codemirror';

export const theme: Extension = [
  // What comes first wins.
  EditorView.theme({
    '&': {
      height: '100%',
      background: 'var(--jp-layout-color1)',
      fontSize: 'var(--jp-code-font-size)'
    },
    '&.cm-focused': { outline: 'none' },
    '.cm-scroller': {
      fontFamily: 'var(--jp-code-font-family)',
      lineHeight: 'var(--jp-code-line-height)'
    },
    '.cm-content': { padding: '6px 0' },
    '.cm-gutters': { background: 'var(--jp-layout-color1)', borderRight: 'none' },
    '.cm-gutter': { background: 'transparent' },
    '.cm-lineNumbers .cm-gutterElement': { color: 'var(--jp-ui-font-color3)', minWidth: '28px' },
    '.cm-activeLineGutter': { background: 'transparent' },
    '.cm-lineNumbers .cm-activeLineGutter': { color: 'var(--jp-ui-font-color1)' },
    '.cm-placeholder': { color: 'var(--jp-ui-font-color3)', whiteSpace: 'pre-wrap' }
  }),
  jupyterEditorTheme,
  syntaxHighlighting(jupyterHighlightStyle)
];
