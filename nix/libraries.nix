# Which packages hold the shared libraries that a wheel needs; the names stand in libraries.json, which the Python
# side reads as well.
{
  lib,
  pkgs,
  python,
}:
let
  data = builtins.fromJSON (builtins.readFile ./libraries.json);

  # libraries.json has the names of 2026; these are the same packages before.
  olderNames = {
    libgbm = "mesa";
    libice = "xorg.libICE";
    libpq = "postgresql";
    libsm = "xorg.libSM";
    libx11 = "xorg.libX11";
    libxau = "xorg.libXau";
    libxcb = "xorg.libxcb";
    libxcb-cursor = "xcb-util-cursor";
    libxcb-image = "xorg.xcbutilimage";
    libxcb-keysyms = "xorg.xcbutilkeysyms";
    libxcb-render-util = "xorg.xcbutilrenderutil";
    libxcb-util = "xorg.xcbutil";
    libxcb-wm = "xorg.xcbutilwm";
    libxcomposite = "xorg.libXcomposite";
    libxcursor = "xorg.libXcursor";
    libxdamage = "xorg.libXdamage";
    libxext = "xorg.libXext";
    libxfixes = "xorg.libXfixes";
    libxi = "xorg.libXi";
    libxinerama = "xorg.libXinerama";
    libxrandr = "xorg.libXrandr";
    libxrender = "xorg.libXrender";
    libxscrnsaver = "xorg.libXScrnSaver";
    libxtst = "xorg.libXtst";
    libxxf86vm = "xorg.libXxf86vm";
    onetbb = "tbb";
    systemdLibs = "systemd";
  };

  find = attribute: lib.attrByPath (lib.splitString "." attribute) null pkgs;

  packageOf =
    library:
    let
      attribute = data.libraries.${library};
      named = find attribute;
      older = olderNames.${attribute} or null;
      found = if named == null && older != null then find older else named;
    in
    if attribute == "python" then
      python
    else if found == null then
      throw (
        "plugin-lock: `pkgs` has no ${attribute}, which holds ${library}; "
        + "use a newer nixpkgs, or give the library through `overrides`"
      )
    else
      lib.getLib found;
in
libraries:
let
  fromDriver = builtins.filter (library: builtins.elem library data.driver) libraries;
in
{
  # What neither this map nor the C library has must come with a locked package; the build says so if not.
  buildInputs = lib.unique (
    map packageOf (builtins.filter (library: data.libraries ? ${library}) libraries)
  );

  # Graphics drivers are of the machine that runs, never of the build.
  inherit fromDriver;
}
