# Rule 3: https (http for loopback only), no credentials, and an origin that the package's index explains.
# Repositories may be reached by ssh as well, and lie on this machine.
{ lib }:
view:
let
  urls = import ../urls.nix { inherit lib; };

  indexes = builtins.listToAttrs (
    map (index: {
      name = index.url;
      value = index.files;
    }) view.indexes
  );

  problem = entry: message: {
    rule = 3;
    inherit entry message;
  };

  # The address itself is not shown: it may hold a password.
  sound =
    entry: what: url:
    let
      fault = urls.fault url;
    in
    lib.optional (fault != null) (problem entry "${what} ${fault}");

  ofFile =
    package: files: file:
    let
      unsound = sound package.entry "the URL of ${file.name}" file.url;
    in
    if unsound != [ ] then
      unsound
    else
      lib.optional (!builtins.elem (urls.origin file.url) files) (
        problem package.entry (
          "the URL of ${file.name} is on ${urls.origin file.url}, "
          + "which is no file host of ${package.index}"
        )
      );

  # What is from no index: archives, repositories, folders.
  ofSource =
    entry: source:
    lib.optionals (source.kind == "archive") (sound entry "the URL of the archive" source.url)
    ++ lib.optionals (source.kind == "vcs") (ofRepository entry "the URL of the repository" source.url);

  ofRepository =
    entry: what: url:
    let
      fault = urls.gitFault url;
    in
    lib.optional (fault != null) (problem entry "${what} ${fault}");

  isFromIndex = package: package.source == null || package.source.kind == "sdist";

  filesOf = package: package.wheels ++ lib.optional (package.source != null) package.source;

  ofPackage =
    package:
    if !isFromIndex package then
      ofSource package.entry package.source
      ++ lib.optional (package.index != null) (problem package.entry "names an index, and is from none")
    else if package.index == null then
      [ (problem package.entry "names no index, so nothing explains where its files come from") ]
    else if !(indexes ? ${package.index}) then
      [ (problem package.entry "names an index that is not among `tool.plugin-lock.indexes`") ]
    else
      builtins.concatMap (ofFile package indexes.${package.index}) (filesOf package);

  ofPlugin =
    plugin:
    let
      entry = "plugin ${plugin.name}";
      asked = plugin.asked or { };
    in
    lib.optionals (plugin ? tree) (ofSource entry plugin.tree.source)
    ++ lib.optionals (asked ? git) (ofRepository entry "the repository asked for" asked.git)
    ++ lib.optionals (asked ? url) (sound entry "the URL asked for" asked.url);

  ofIndex =
    index:
    sound "an index" "the address" index.url
    ++ builtins.concatMap (
      origin:
      let
        unsound = sound "an index" "the origin of files" "${origin}/";
      in
      if unsound != [ ] then
        unsound
      else
        lib.optional (urls.origin origin != origin) (
          problem "an index" "an origin of files is not of the form https://host"
        )
    ) index.files;

  # An origin that nobody needs would explain a forged file later.
  unused =
    index:
    let
      own = builtins.filter (
        package: package.index == index.url && isFromIndex package
      ) view.everyPackage;
      used = builtins.concatMap (package: map (file: urls.origin file.url) (filesOf package)) own;
    in
    lib.optional (index.files == [ ]) (problem "index ${index.url}" "serves no file of the lock")
    ++ map (origin: problem "index ${index.url}" "serves no file of the lock from ${origin}") (
      lib.subtractLists used index.files
    );

  found =
    builtins.concatMap ofIndex view.indexes
    ++ builtins.concatMap ofPackage view.everyPackage
    ++ builtins.concatMap ofPlugin view.plugins
    ++ builtins.concatMap (ofRepository "the policy" "a place of allow-origins") (
      map (place: "${place}/x") (builtins.attrNames (view.policy.allow-origins or { }))
    );
in
# What is shown of an index there is known to be free of secrets.
if found != [ ] then found else builtins.concatMap unused view.indexes
