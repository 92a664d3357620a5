# Seven machines and the plugins that each wants; `null` is all that the lock has for its system.
{
  anchor = {
    system = "x86_64-linux";
    plugins = null;
  };
  beacon = {
    system = "x86_64-linux";
    plugins = [ "weather-plugin" ];
  };
  compass = {
    system = "aarch64-linux";
    plugins = [ "weather-plugin" ];
  };
  dinghy = {
    system = "aarch64-linux";
    plugins = [ "notes" ];
  };
  ensign = {
    system = "x86_64-linux";
    plugins = [
      "news-plugin"
      "notes"
    ];
  };
  fender = {
    system = "x86_64-linux";
    plugins = [ "news-plugin" ];
  };
  # Without plugins: nothing of the lock is fetched there.
  galley = {
    system = "x86_64-linux";
    plugins = [ ];
  };
}
