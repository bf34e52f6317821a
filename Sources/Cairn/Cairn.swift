/// What the author of a Worker needs: `import Cairn`.
@_exported public import CairnHTTP
@_exported public import CairnKV
@_exported public import CairnObjects
@_exported public import CairnServer
@_exported public import HTTPTypes
