/** Lucide icons (ISC licence) in use: one noun, one icon. */
export const icons = [
  'align-horizontal-space-between', 'align-start-horizontal', 'align-start-vertical', 'app-window', 'archive', 'arrow-down', 'arrow-up', 'book-open', 'bot', 'braces', 'check', 'chevron-down', 'chevron-left', 'chevron-right',
  'chevrons-up-down', 'circle', 'circle-alert', 'circle-check', 'circle-help', 'clock', 'cloud-off', 'code', 'copy', 'cpu', 'download', 'ellipsis',
  'external-link', 'eye', 'eye-off', 'file-text', 'file-up', 'folder', 'gauge', 'git-branch', 'git-compare', 'globe', 'grip-vertical', 'history', 'house', 'image',
  'info', 'key-round', 'layers', 'library', 'link', 'list', 'list-filter', 'lock', 'log-out', 'mail', 'maximize-2', 'menu', 'merge', 'message-square', 'minus',
  'monitor', 'moon', 'panel-left', 'panel-right', 'pause', 'pencil', 'pin', 'play', 'plug', 'plus', 'power', 'redo-2', 'repeat', 'rocket', 'rotate-ccw',
  'route', 'search', 'send', 'settings', 'shield', 'shield-check', 'sliders-horizontal', 'smartphone', 'sparkles', 'spline', 'split', 'square',
  'square-terminal', 'sticky-note', 'sun', 'table', 'tag', 'text-quote', 'thumbs-down', 'thumbs-up', 'trash-2', 'triangle-alert', 'undo-2', 'upload', 'user',
  'user-check', 'user-plus', 'users', 'wand-sparkles', 'webhook', 'workflow', 'wrench', 'x',
];
