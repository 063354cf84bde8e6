-- The filtering nginx: cookies both ways, and for pages the words that sub_filter puts in.

local cookies = require "cookies"
local hmac, base64 = ngx.hmac_sha1, ngx.encode_base64
local KEY = "the key of the contest, 32 bytes"

local M = {}

local function read(name)
  local file = assert(io.open(name, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

-- What is put into a page: for who has not answered the banner, for others the way to the settings.
function M.load(folder)
  M.banner, M.link = read(folder .. "/banner.html"), read(folder .. "/link.html")
end

local function mac(text)
  return base64(hmac(KEY, text))
end

function M.request()
  local header, granted = ngx.var.http_cookie, nil
  if header then
    header, granted = cookies.request(header, mac)
    if header then
      ngx.req.set_header("Cookie", header)
    else
      ngx.req.clear_header("Cookie")
    end
  end
  ngx.ctx.granted = granted
  if ngx.var.http_sec_fetch_dest == "document" then
    ngx.var.put_in = granted and M.link or M.banner
    ngx.var.src = granted == "111" and "src" or "data-held-src"
  end
end

function M.response()
  local lines = ngx.header["Set-Cookie"]
  if not lines then
    return
  end
  if type(lines) == "string" then
    lines = { lines }
  end
  local kept, granted = {}, ngx.ctx.granted
  for at = 1, #lines do
    if cookies.keeps(lines[at], granted) then
      kept[#kept + 1] = lines[at]
    end
  end
  if #kept < #lines then
    ngx.header["Set-Cookie"] = kept
  end
end

return M
