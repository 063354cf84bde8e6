-- The filtering HAProxy: cookies both ways. It has no way to change a page's body.

local cookies = require "cookies"
-- As its converter wants it: base64 of the key that the others have.
local KEY = "@KEY64@"

core.register_action("filter_request", { "http-req" }, function(txn)
  local lines = txn.http:req_get_headers()["cookie"]
  if not lines then
    return
  end
  local header, granted = cookies.request(lines[0], function(text)
    return txn.c:base64(txn.c:hmac(text, "sha1", KEY))
  end)
  if header then
    txn.http:req_set_header("cookie", header)
  else
    txn.http:req_del_header("cookie")
  end
  txn:set_priv(granted)
end)

core.register_action("filter_response", { "http-res" }, function(txn)
  local lines = txn.http:res_get_headers()["set-cookie"]
  if not lines then
    return
  end
  local granted, kept, all = txn:get_priv(), {}, 0
  for at = 0, #lines do
    all = all + 1
    if cookies.keeps(lines[at], granted) then
      kept[#kept + 1] = lines[at]
    end
  end
  if #kept == all then
    return
  end
  txn.http:res_del_header("set-cookie")
  for at = 1, #kept do
    txn.http:res_add_header("set-cookie", kept[at])
  end
end)
