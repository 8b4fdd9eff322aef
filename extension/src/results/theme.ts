/** The grid's colours and letters, from JupyterLab's theme as it is right now. */

import type { DataGrid } from '@lumino/datagrid';

export interface Palette {
  text: string;
  dim: string;
  faint: string;
  number: string;
  brand: string;
  header: string;
  font: string;
  smallFont: string;
  headerFont: string;
  italicFont: string;
  grid: DataGrid.Style;
}

/** @param node is in the page, below what the theme's variables are set on. */
export function paletteOf(node: Element): Palette {
  const style = getComputedStyle(node);
  const variable = (name: string): string => style.getPropertyValue(`--jp-${name}`).trim();
  const size = variable('code-font-size') || '13px';
  const code = variable('code-font-family') || 'monospace';
  const ui = variable('ui-font-family') || 'sans-serif';
  const small = variable('ui-font-size0') || '11px';
  const background = variable('layout-color0');
  const line = variable('border-color2');
  const brand = variable('brand-color1');
  return {
    text: variable('ui-font-color0') || variable('ui-font-color1'),
    dim: variable('ui-font-color2'),
    faint: variable('layout-color3'),
    number: variable('mirror-editor-number-color') || variable('ui-font-color1'),
    brand,
    header: variable('layout-color1'),
    font: `${size} ${code}`,
    smallFont: `${small} ${ui}`,
    headerFont: `600 ${variable('ui-font-size1') || '13px'} ${ui}`,
    italicFont: `italic ${size} ${code}`,
    grid: {
      voidColor: background,
      backgroundColor: background,
      horizontalGridLineColor: variable('border-color3'),
      verticalGridLineColor: variable('border-color3'),
      headerBackgroundColor: variable('layout-color1'),
      headerHorizontalGridLineColor: line,
      headerVerticalGridLineColor: variable('border-color3'),
      selectionFillColor: translucent(brand, 0.14),
      selectionBorderColor: translucent(brand, 0.7),
      headerSelectionFillColor: translucent(brand, 0.14),
      headerSelectionBorderColor: 'transparent',
      cursorFillColor: translucent(brand, 0.1),
      cursorBorderColor: brand,
      scrollShadow: {
        size: 6,
        color1: translucent('#000000', 0.12),
        color2: translucent('#000000', 0.04),
        color3: 'transparent'
      }
    }
  };
}

/** Any colour that the browser understands, seen through. */
function translucent(colour: string, share: number): string {
  return `color-mix(in srgb, ${colour} ${share * 100}%, transparent)`;
}
