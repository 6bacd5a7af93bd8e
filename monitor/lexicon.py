"""The words that triage looks for, in Japanese and English, and the phrases in which it explains itself.

Patterns are written for text that :func:`monitor.text.normalise` has folded (half-width, lower case). In a list, blanks
separate alternatives and ``_`` stands for a blank inside one. Order inside a list does not matter.
"""

from __future__ import annotations

import re

_JA = {
    "safety": (
        r"焦げ臭 焦げ(?:た|まし|てる|てい|くさ|跡) 発火 発煙 火花 から煙 煙が 煙の匂い 火災(?!報知器が鳴って全館) 火事 炎(?:が|見え|上が) 爆発 破裂 漏電 感電 やけど 火傷"
        r" けが ケガ 怪我 負傷 骨折 出血 血(?:が出|を流|だらけ) \d針 口の中(?:が|を)?切 指(?:が|を)切 異物 金属片 ガラス片 混入"
        r" (?:虫|針|釘|髪の毛|プラスチック|カビ|ゴキブリ).{0,8}(?:入って|出て|生え|いらっしゃ|這) (?:羽のある)?虫が 食中毒 嘔吐 下痢 腹痛 吐(?:いた|いて|き気) o157 レジオネラ サルモネラ"
        r" アナフィラキシー 蕁麻疹 湿疹 水疱 かぶれ 赤み(?:が)?出 腫れ 救急車 救護 病院(?:に|へ|で|向|行) 皮膚科 入院 意識(?:不明|を失|がな) 集中治療 熱中症 倒れ(?:た|て|まし|るの)"
        r" 死亡 死にかけ 死ぬかと 命(?:に関わ|が危) 閉じ込め 挟まれ 下敷き 落下 転落 脱線 衝突 ぶつかっ 追突 事故 急加速 自動ブレーキ 膨張 異臭 洗剤の味 窒息 誤飲 逃げて 刃物 将棋倒し"
        r" 危ない 危険 危なく 開いたまま 蛇行 停電 断水 119 110番 リコール 自主回収 回収対象 待ち伏せ 痴漢 猛スピード 喉が焼け 陥没 けが人 酸素マスク 釘が 焦げた 子どもが噛んで"
    ),
    "legal": (
        r"訴え(?:ます|る(?!よう)|たい) 訴訟 裁判 弁護士 消費者センター 消費生活センター 消費者庁 国民生活センター 法的 警察 被害届 違法 景表法 通報(?:済|し|も) 労基 保健所 告訴 告発 賠償 慰謝料"
        r" 取材して 週刊誌 書類送検 逮捕"
    ),
    "privacy": (
        r"個人情報 情報.{0,3}(?:流出|漏) 流出 漏洩 漏えい 他人の(?:アカウント|名前|残高|情報|契約|住所|注文|カード|表札以外) 知らない(?:人|お子さん|方).{0,4}(?:の|情報|名前|氏名|注文|契約|住所) 乗っ取"
        r" 不正(?:ログイン|アクセス|利用|送金) 身に覚えのない 丸見え 名簿 なりすまし 盗撮 隠しカメラ 宛名が 住所(?:と|や|が).{0,12}(?:落ち|見え|書かれ) フィッシング 口座番号.{0,8}(?:知|見え|まで)"
    ),
    "misconduct": (
        r"日本語(?:話せ|でき)ない(?:なら|人) 出てけ 差別 ハラスメント セクハラ パワハラ 暴言 怒鳴(?:られ|り合) 児童労働 盗作 パクリ そっくりだと ステマ 改ざん 隠蔽 偽装 突き飛ばさ 当て逃げ 未成年の子に"
        r" 運転手スマホ タイムカード切って 鼻で笑 サービス残業 不正(?:が|を)あ アウトだった"
    ),
    "leaving": (
        r"解約 退会 乗り換え(?!改札|案内|駅) 契約を?(?:終了|切|やめ) 口座を?閉 閉じました やめました やめた(?:わ|。|$) 辞めます 引退(?:し|します) もう(?:二度と|使わ|買わ|行か|頼ま|無理です) 二度と.{0,4}(?:買|使|行か|頼|利用)"
        r" さよなら さようなら さらば 縁を切 卒業(?:し|かな|します|です|させ|」) 他社(?:に|へ|で|の) (?:別の|他の|他行|別ゲー|みつばち).{0,8}(?:移|に(?:する|します|した|切り替え)) へ移す に移った 全額移し アンインストール"
        r" アプリ.{0,2}(?:消し|削除し) 。消した 年パス.{0,3}返し 更新(?:は|も)?(?:しません|見送り|しない) 出戻り 次から.{1,10}に(?:する|します) mnp 会員権.{0,3}手放 に乗り換 切り替えた チャリ通にする 断捨離 他社にお願い 別ゲー"
        r" やめます 見切り"
    ),
    "refund": r"返金 払い戻し 返品(?!理由) 金返せ お金.{0,3}返し 弁償 補償 返してほしい 返してください",
    "payment": (
        r"[二2]重(?:請求|決済|引き落とし|課金|引落) 2回(?:引き落|請求|決済) 引き落と 引落 誤請求 請求が(?!終) 請求され 勝手に(?:課金|引|契約|有料|変え) 課金され 決済(?:エラー|でき|だけ) 料金.{0,8}(?:違|おかし|取られ)"
        r" 円(?:が|で|も)?(?:引か|取ら) 残高.{0,6}(?:減|消え) 振込(?:でき|が反映) カード.{0,6}(?:弾か|使えな|飲み込) 不正引き出し お札吸われ 督促 500円こない 自動で有料"
    ),
    "outage": (
        r"つながら(?:な|ん|ず) 繋がら(?:な|ん|へん|ず) 圏外 サーバー?.{0,3}(?:落|ダウン|死) 障害(?:\?|です|が(?:起|発)|発生|情報|で|報告) ログイン(?:できな|できませ|できん|が?弾) ログアウトされ アクセスでき(?:な|ませ)"
        r" 使えな(?:い|く) 使えませ 起動し(?:ない|ませ|なく) 固ま(?:っ|る) フリーズ (?:回線|ネット|アプリ|配信|ゲーム).{0,6}落ち 落ちて(?:る|ます|い) 落ちた(?:\?|$|。) 秒で落ち また落ち 全台停止 停止(?:して|し)"
        r" エラー メンテ延長 ぐるぐる 復旧(?:見込み|してない|して(?:い)?ない) 表示され(?:ない|ません) 動か(?:ない|ん(?:の|$)|ず|へん|なく) 弾か(?:れ|ず) 止まった(?:まま|と思) 死んだ(?:\?|$|。)|死んでて atm× 音声×|データ× 404"
        r" 開けない 開けませ 応答(?:なし|しな) 効かなくて 読み込ま(?:ない|ん|へん)"
    ),
    "delivery": (
        r"届か(?:な|ん|ず|へん) 届いて(?:い)?(?:ない|ませ) 届きませ (?:荷物|商品|注文|連絡|お米|カード|書類).{0,6}(?:来な|来ませ|来て(?:い)?な) まだ来(?:ない|ませ|てな) 再配達 不在票 配達完了 発送(?:され|が遅|まだ|予定日)"
        r" 未着 誤配 持ち戻 雨ざらし 常温で ロストバゲージ 輸送中.{0,3}のまま 準備中.{0,3}のまま 遅配 配達.{0,10}(?:遅|時間過|間違) 届くって言うて 置き配指定"
    ),
    "broken": (
        r"壊れ(?!てくれ) 故障 不良品 不良(?!少年) 不具合 欠陥 バグ(?!って) 割れ(?:た|て) 破損 破れ 傷だらけ 異音 黄ばん 欠けて 外れて ズレ 縮ん 色落ち 入ってな(?:い|かっ) 入って(?:い)?ませ 入ってへん 入ってなく"
        r" 明らかに中古 使用済 文字化け 消えた(?!。$) 消えてる 消えて、 電源が(?:入ら|つか) 長さが違う サイズが違 別人すぎ 凹ん ひび 逆についてた 白紙 充電(?:でき|され)(?:な|ま) 髪の毛が 空っぽ 失効して"
    ),
    "complaint": (
        r"ひど(?:い|す|く|か) 酷 最悪(?![ァ-ヶーな]) 最悪な(?!の?に?最高) 最低(?!限|でも|賃|気温) がっかり ガッカリ 残念 失望 不満 不快 不親切 不誠実 不憫 怒(?:って|り(?:が|ま)|る) 腹(?:が)?立 イライラ ムカ むかつ 許せな"
        r" あり(?:え|得)な(?:い|くない) ふざけ ぼったくり 改悪 値上(?:げ|が) 高すぎ 高くなっ 困(?:って|り(?:ま|果)|る|惑) 迷惑 待た(?:され|せ) 待って(?:い)?(?:る|ます)(?:の|ん)(?:です|に) たらい回し 放置(?:して|され|す|。)? 態度(?:が|悪)"
        r" \d+(?:分|時間|日|週間|か月|ヶ月|カ月|ケ月|年)(?:以上)?も?_?(?:待|経|たっ|たち|動か|放置|まま|かか) \d+(?:回目|度目|回も|回とも|時間待|時間\d) [二三四五]度(?:目|お)? 不味 ぬる(?:い|か) 冷め(?:て|た) 冷えた 汚(?:い|れ|か|す) 臭い"
        r" うるさ 遅(?:い|すぎ|くな|れた|れる) 遅延 運休 欠航 おっそ 混みすぎ やめて(?:ほしい|くれ|ください|もらえ) やめろ どういう(?:こと|つもり|冗談) どうなって なんやねん 何なん なんなん? 何者 くせに 詰ん(?:だ|で) 詰み 拷問 修行(?:か|\?)"
        r" まま(?:です|。|、|…|$|だ|なの|で) 間違(?:え|って|い(?:が|で|まし)) 納得 説明(?:が|も|と)(?:な|あり|足り|違) 期待外れ 裏切 ショック 傷つ 解散 改名しろ 責任(?:取|者) できな(?:い|かっ|く) できませ できん(?!で) でけへん 出来な"
        r" 見(?:ら)?れな 見れませ 押せな 押せませ 戻(?:ら|ってこ)な 変わって(?:い)?ない 直って(?:い)?な 直らな (?:して|て)くれな くれません もらえな されな(?:い|かっ) できかね 効か(?:ない|なく|ん) 出られ(?:な|ま) かかって(?:くる|き) 勝手に 繋がらな"
        r" あまりに さすがに 疑問 看板に偽り 意味(?:が|ない|不明|is) どこ(?:。|$|が|の(?:こと|話)) とは[。…]?$ とは。 じゃ(?:なか|ない)ったの だけ(?:です)?。 たった 減っ(?:た|て) 小さくな 少なくな 薄(?:い|く) 弱(?:い|すぎ|激) 激弱 しつこ 謎の 詐(?:欺|…)"
        r" んですが…?$ のですが…?$ んですけど…?$ んだが\??$ んだけど\??$ のに[。、…!?]?$ のに。 やろ。? やんけ やんか でしょ(?:う)?。?$ 平等って まで待 待ち\d \d+時間(?:待|経|並) 並(?:ば|ん)(?:され|で\d) 満席 渋滞 完売 鳴りっぱなし 無人"
        r" 誰も(?:い|出|おら|来) おらん(?:し|の) 何回(?:も|目) 何度(?:も|か) また(?:ログ|延|清|落|固|エ|同) ばか(?:り|さ)に ばっかり 言い訳 仕様(?:です|の) お粗末 適当 ステルス 減量 味(?:が)?(?:変わ|落ち) 通じ(?:な|ま) 取れな 入れな(?:い|か) 読めな"
    ),
    "no_answer": (
        r"返[事信](?:が|も|を|は)?.{0,6}(?:な(?:い|く)|来な|来ませ|ませ|待) お返事 音沙汰 問い合わせ.{0,14}(?:返|回答|まだ|ない|ません|経|無視) 無視 既読 連絡(?:が|も|は|すら|ひとつ|ひとつも)?.{0,6}(?:な(?:い|く|かっ)|来な|来ませ|ありませ)"
        r" 誰も(?:出|返|応答|来) 電話.{0,8}(?:出な|出ませ|つなが|繋が|話し中|混み合) いまだ(?:に)?.{0,6}(?:な|ませ) 黙って(?:る|ん) 回答.{0,4}(?:ない|まだ|ませ) 担当が変わり 返金まだ まだですか"
    ),
    "question": (
        r"\? か[。…]?$ か。 (?:です|ます|でしょう|ました|ません)か 教えて(?:くだ|下さ|ほし|いただ|もら|。|$|く|欲|ー|〜) どうすれば どうしたら どちらへ っけ[。…]?$ でしょうか"
    ),
    "request": (
        r"[てで](?:ほし(?:い|か|く)|欲し(?:い|か|く)|ください|下さい|くだせ|くれ(?:ませ|よ|。|、|$|ん(?:か|の))|もらえ(?:ま|な|ると|れば|たら)|いただけ(?:ま|な|る|れば)|頂け|くれたら|くれん|くれや|はくれ) お願い(?:し|い|で|。|!|$) 要望 ご?検討 はよ[。!]?$"
        r" (?:あると|だと|れば|たら|ると)(?:助か|嬉し|うれし|有難|ありがた) 復活 連絡(?:を)?(?:ください|下さい|して|求) ご確認 欲しいです ほしいです 作って(?:くだ|くれ|ほ) 希望(?:し|で) してくれ ご教示 対応お願 を[。!…]$ をください 増やして 直して(?:ほ|く|。)"
        r" 対応も? 説明会 署名 レギュラー化 残して やって… 売ってくれ 止めて(?:くだ|く)"
    ),
    "deadline": (
        r"今すぐ すぐ(?:に)?(?:連絡|対応|止め|返事) 即止め 至急 大至急 緊急 あと\d+(?:分|時間) 今日中 \d+分前 \d+時間前 助けて 助けを 早く(?:して|教|対|!|$|め) 間に合わ(?:な|ん) 間に合いませ 締め切 締切 期限が今日 今日(?:が|まで|必要|の\d|家賃)"
        r" 明日(?:の朝|必要|まで|提出|出) どうすれば!! 誰か(?!さん) 動けな 身動き 途方に暮れ 締め出され 閉じ込め 立ち往生 (?:今|いま)(?:も|、|溶け|決済|\d|エンジン|火災|ディーラー|電話|機内|列|まさに困) 現在も 止まったまま ずっと止ま 電車来てまう"
        r" もう\d時間 もう\d+分 子ども.{0,4}(?:限界|泣) 面接\d キックオフ 始ま(?:る|り)(?:ます)?。 開演 ゲート前 後ろ.{0,6}並ん 後ろの列 レジ(?:で|の前で)詰 挟んだまま 並んでて 応答なし たった今 昨夜から 深夜\d時 !!$ !!!"
    ),
    "praise": (
        r"神(?:対応|アプデ|イベ|ゲー|回|サービス|です|か$|すぎ|$|。|曲|席|って) 最高 好き(?!ではない|じゃな|な方) 大好き うま(?:い|か|っ|す|!|。)(?!くい) 美味 旨 おいし(?:い|か|す)(?!くな) すご(?:い|く良|かっ) 凄 素晴らし 素敵 天才 感動 嬉し うれし 満足 優し"
        r" 丁寧(?!な(?:お詫|詫)) 親切(?!ではない|じゃない) 可愛 かわい 泣いた 泣ける 惚れ 推せる 一生(?:推|つい|使|応援|通) 通う 通います リピ 快適 爆速 快挙 文句なし 文句のつけ 救われ 応援 満点 優秀(?!です) 完璧 良(?:かっ|い商|すぎ|い仕事) よかった(?!のに) 楽し(?:い|か|み) 癒や?し 癒さ"
        r" ナイス 尊い 極楽 有能 信頼 安心(?!。) 良心的 おすすめ オススメ また(?:来|行|買|お願|利用) ファン(?:です|に) 頭(?:が)?(?:上|下)が 足向けて 大当たり 合格 受かり 推し(?:ます|てい) 神(?!奈|社|戸|経|様|棚|楽) 強い 負けた 降りたくない ノーベル賞 土下座"
        r" 見直し 掌返 天国 ありがた 悪くな(?:い|かった) 不満が(?:な|見つから) ええ(?:人|やん|会社やわぁ) 有難 透けない 崩れない 落ちない(?:。|、) 飛び跳ね おもてなし 沁み 買ってよかった ほっこり"
    ),
    "thanks": r"ありがと 有難うご 有り難 感謝 お礼 助かりま 助かった 助かり(?:ー|い) お世話になりました サンキュ おおきに 恩人 お疲れ(?:さま|様)でした 頭(?:が)?上がらん",
    "settled": r"直(?:りまし|った) 解決(?:し|です|も) 動きました 届きました 復旧(?:し(?:た|まし)|きた) 復活し(?:て間|まし) 間に合っ(?:た|て) できました 見つかりました ログインできました 撤回",
    "staff": (
        r"(?:店員|スタッフ|駅員|配達員|担当|先生|職員|運転士|運転手|機長|女将|店長|大将|キャスト|お兄|お姉|兄ちゃん|おじさん|係|窓口|サポート|公式|中の人|運営|コールセンター|ドライバー|技師|ca|料理長|板前|プランナー|営業|ガイド|修理の人|オペレーター)"
        r" 親切 対応(?:が|し|、|早|も|良|。) ご対応 (?:て|で)くれ(?:て|た|まし) (?:て|で)くださ(?:っ|り) (?:て|で)いただ(?:い|き) (?:て|で)もらっ(?:た|て) 手書き おめでとう"
    ),
    "address": r"さん(?:、|へ|。|!|\?|は[、\d]|って|、?(?:見えて|聞いて)) さんの(?:対応|サポート) (?:御社|貴社|公式|運営|そちら|あなた(?:方|たち|の会社)) 様(?:、|へ|の対応) さん$ さん[。…!?]*$",
    "spam": (
        r"フォロバ フォロー(?:&|して|と|する|&)(?:rt|リポスト|いいね)? 相互(?:フォロー|希望) 拡散希望 副業 在宅(?:ワーク|ok) [月日週]\d+万 月(?:収|\d+円) 即日 審査なし 友だち追加 プロフ(?:の|から|へ|$) 固(?:定)?(?:ツイ|ポスト) dm(?:で「|にて|まで|ください|急) 裏(?:技|ワザ)"
        r" 億り人 当選(?:者|おめでとう|確率|しました!) ご当選 先着\d+ \d+名(?:様|限定|に) 残り\d+名 無料(?:配布|プレゼント|クーポン|招待|診断|グループ|アカウント|往復|宿泊|査定|中継|通話|会員|で全部) \d+%off 9割引 仮想通貨 暗号資産 ウォレット エアドロ 買い目 的中率 高価買取 級品"
        r" 個人間融資 ギフト(?:コード|券) 配布(?:中|🎊)? クレ(?:カ|ジットカード)登録 プレゼント企画 プレゼント🎉 電子マネー 暗証番号 認証コード 本人確認(?:を行|\s*https) (?:下記|こちら)(?:より|から|へ|は|です|の)? お受け取り 受け取り(?:👉|は|→) 人生(?:が)?変わ(?:っ|り) 人生変え"
        r" 👉 ▶ ➡ → 懸賞(?:垢|好き|$|\s) フォロリツ 譲ります 売ります 譲渡 即決 先払い n(?:%|万)円 自動売買 不労所得 億 モニター募集 dm急い 興味(?:ある|のある)(?:人|方) 気になる(?:人|方|ママ) rt(?:希望|で) 引用rt 激安 チケット配布 残高確認 お荷物のお届けにあがり 裏情報 増やせます 稼げ 期限切れになります"
    ),
    "not_spam": r"って(?:dm|メール|電話|sms) 騙る 騙っ 偽(?:物|サイト|アカ) 詐欺 本物(?:です|か) 注意(?:して|ね|を|。|$) 踏むな 怪しい(?!と思った方) 迷惑メール 通報し",
    "news": r"【速報 速報】 \((?:[^()]{2,10})(?:新聞|通信|日報|速報|面|タイムズ|ニュース|みらい|取材班)\) ^【[^】]{2,14}】 お知らせ】 運行情報】 報告へ 調査へ 基本合意 見通し。 だという。 としている。 と発表 によると 定例会見 消費者庁が 自主回収_",
    "small_talk": (
        r"らしい[。、っ]?$ らしい。 っぽい 草(?:$|。|生|\s) w{2,} 推し(?!て|ます) うちの(?:犬|猫|祖母|妹|課長) フォロワー tl 叩(?:い|く) 炎上 燃え(?:て|る) って言(?:う|って(?:る|い))人 言ってる人 #[^\s]+ あるある 川柳 納車 ガチャで 楽しみ なう 始発 知らんけど (?:わたし|私|自分|うち)が悪い"
        r" 友(?:人|達|だち)(?:が|は|の) 広報(?:だ|経験) 切り抜き 買い占め 謝罪 擁護 株主?(?:、|価) 増配 コラボ 新作?cm 当たりますように 参加(?:し|させ) 二度見 聞こえてきた 昔 バイト初日"
    ),
}

_EN = {
    "safety": (
        r"on_fire caught_fire went_on_fire fire(?:s|_alarm|_brigade|_service|_department)? flames? smoke smoking burn(?:t|ed|ing|s)? sparks? sparking explo(?:de|ded|ding|sion) melted injur\w* hurt stitches bleed\w* blood bruise\w*"
        r" hospital a&e ambulance paramedics? urgent_care food_poison\w* poisoning vomit\w* throwing_up been_sick sick_since allerg\w* anaphyla\w* epipen swollen rash hives blister\w* electrocut\w* electric_shock shocked_me choke\w* choking"
        r" glass_in metal_in plastic_in piece_of_(?:metal|glass|plastic) bit_of_(?:blue_)?(?:plastic|metal|glass) mou?ld maggots? bed_bugs? rats? cockroach\w* recall(?:ed|s)? unsafe danger\w* crash(?:ed)?_into collaps\w* crushed trapped gas_leak smell(?:s|ed)?_(?:of|like)_(?:gas|burning)"
        r" 999 911 oxygen insulin drowning unconscious passed_out sewage knife machete assault\w* evacuat\w* nearly_(?:died|killed|went) derail\w* stuck_(?:on|in)_(?:a|the)_(?:ride|lift|elevator|tunnel) upside_down stopped_breathing police coughing contaminat\w* brakes? airbag"
    ),
    "legal": r"lawyers? solicitor legal_action sue suing lawsuit small_claims ombudsman trading_standards consumer_(?:court|rights|forum|affairs) bbb ftc fca regulator police_report court illegal tribunal watchdog rights_group",
    "privacy": (
        r"data_(?:breach|leak\w*) leak(?:ed|ing)?_(?:my|our|data|customer) breach(?:ed)? hacked hacker\w* identity_theft stranger'?s?_(?:name|address|order|account|details) someone_else'?s_(?:account|order|name|details|data|address|statement|bill) my_(?:personal_)?(?:data|details)"
        r" personal_(?:data|information|details) sim_?swap\w* sim_swapped phish\w* scam(?:med|mer|s)? fraud\w* unauthori[sz]ed unknown_login someone_(?:is|got|logged)_in(?:to)? gdpr hidden_camera account_(?:was_)?(?:taken_over|compromised)"
    ),
    "misconduct": r"racis\w* discriminat\w* harass\w* sexist slur groped? abus(?:e|ive|ed) bullied homophob\w* underage child_labou?r walked_in_on_me plagiari\w* stole_(?:my|the)_(?:design|art\w*) cover_?up lied_to",
    "leaving": (
        r"cancel+(?:l?ed|l?ing)?_(?:my|our|the)?_?(?:account|subscription|membership|contract|plan|policy|sub|pass|flickmoor)? i'?m_(?:out|gone|leaving|done) i_am_(?:out|leaving|done) we'?re_(?:leaving|done|out|off) switch(?:ed|ing)_(?:to|from|away|banks|provider\w*) never_again moved_(?:everything|the_mortgage|my|our)"
        r" moving_(?:my|our|mum's|to_another|to_a_competitor) (?:last|final)_(?:time|order|straw)_?(?:i|with|for)? clos(?:ed|ing)_(?:my|our|the)_accounts? uninstall\w* unsubscrib\w* unfollow\w* delet(?:ed|ing)_(?:the|my|your)_(?:app|account) (?:ported|porting)_out not_renewing won'?t_(?:be_)?renew\w* lost_(?:a|me_as_a)_customer"
        r" taking_(?:my|our)_(?:business|money|custom) go(?:ing)?_elsewhere left_(?:them|you|for) goodbye bye_@ see_ya so_long_@ done_with_(?:you|this|@) quit(?:ting)? (?:leaving|ditch(?:ed|ing)|dropp(?:ed|ing))_@?\w+ bought_a_bike it's_not_me_it's_you boycott\w* ^done\. gone_to_(?:a_)?competitor ^cancelled"
    ),
    "refund": r"refund\w* money_back reimburs\w* compensat\w* give_me_my_money chargeback",
    "payment": (
        r"double[_-]?charg\w* charged_(?:me_)?(?:twice|\dx|three|double|again|for) charged_\w+_twice charging_me overcharg\w* billing_(?:error|issue|mistake) wrong_bill bill_(?:went_up|is_wrong) billed_(?:me|twice|for) (?:card|payment)_(?:declined|failed|rejected|frozen) payment_(?:taken|gone) debited (?:my_)?wages"
        r" frozen_my took_my_(?:money|\$\d+) says_i_owe missing_money still_(?:being_)?charg\w* you've_charged direct_debit_taken eaten_(?:a|my)"
    ),
    "outage": (
        r"(?:is|are|was|still|servers?|site|website|app|network|internet|wifi|service|everything|anyone_else|system|voxara)_(?:is_|are_|all_|completely_)?down down_(?:in|for|again|since|at)\b outage\w* no_(?:signal|internet|service|connection|power|hot_water|water|heating|response) power_off can'?t_(?:log|login|sign|connect|access|get_in|check|pay|load|open|reach|book|use)\w*"
        r" cannot_(?:log|login|sign|connect|access|pay|open|book) won'?t_(?:load|open|connect|start|let_me|work|turn|charge|play) not_(?:loading|working|connecting|responding|available) (?:isn'?t|aren'?t|doesn'?t|don'?t|does_not|stopped|no_longer)_work\w* keeps_(?:crash\w*|freez\w*|buffer\w*|drop\w*|log\w*|fail\w*)"
        r" crash(?:es|ed|ing)? error_(?:code|message|\d+) locked_out logs?_(?:me|you)_out session_expired spinning_wheel \d_up,_\d+_down server(?:s)?_(?:issue|problem)\w* frozen buffering lights?_out has_been_out out_again fell_over"
    ),
    "delivery": (
        r"(?:not|never|hasn'?t|haven'?t|still_not|didn'?t|yet_to|doesn'?t)_(?:been_)?(?:arriv\w*|deliver\w*|show\w*|ship\w*|dispatch\w*|turn\w*_up|come|received|got) says_(?:it_was_|it's_)?delivered where(?:'s|_is)_my (?:parcel|package|order|delivery|bag|luggage)_(?:is_)?(?:late|lost|missing|stuck|hasn't|never|didn't) lost_(?:my_)?(?:parcel|package|bag\w*|luggage)"
        r" late_delivery delivery_(?:is_|was_)?(?:late|failed) weeks?_late wrong_(?:order|item|address|house|size|parcel) sent_(?:me_)?the_wrong missing_(?:item|part|bag|parcel)\w* left_(?:it|the_shop|my_parcel)_(?:with|in|outside)_(?:a_neighbour|the_rain) neighbour_i_don't substitut\w* order_cancelled"
    ),
    "broken": (
        r"broken broke(?:_down)? defect\w* faulty damaged cracked? crack(?:ed|s) snapped shattered dead(?:_on_arrival)? stopped_working bugg?(?:y|ed) bug\b glitch\w* leak(?:s|ing) fell_apart falling_apart shrunk(?:en)? ripped torn scratched malfunction\w* horents half_(?:the|of)_it_missing expired rotten"
        r" out_of_date save_is_gone (?:is|are)_not_there missing_from wrong_(?:colou?r|size|thing)"
    ),
    "complaint": (
        r"disappoint\w* terrible awful horrible horrendous appalling disgust\w* unacceptable ridiculous pathetic useless rubbish garbage worst shambles joke\b shame(?:ful|_on)? rude disgrace\w* annoy\w* frustrat\w* fed_up sick_of tired_of waste_of angry furious unhappy upset misleading ripped?_off rip[_-]off scandal"
        r" (?:two|three|four|five|six|seven|eight|nine|ten|\d+)_(?:hours?|hrs?|weeks?|months?|days?)_(?:on_hold|late|later|now|waiting|of|in_a_row|ago|and)?_?(?:on_hold|waiting|later|now|late) on_hold waited waiting_(?:for|on|since|at)? (?:day|week|month)_(?:\d+|nine|two|three|four|five)_of queue\w*_(?:for|out) stood_(?:at|in|here) delay(?:ed|s) cancel+ed_(?:again|on|last|the)"
        r" again\b\s*[.!]*$ third_time second_time \dth_(?:time|resched\w*) every_(?:single_)?time no(?:_|-)?(?:body|_one)_(?:at|is|was|on|to|tells?|told|knows?) nothing_(?:works|happens|on_the) still_(?:no|not|waiting|haven'?t|hasn'?t|broken) price_(?:rise|hike|increase)s? fare_hike overpriced expensive_for went_up too_(?:slow|small|expensive|late|loud|thin) slower"
        r" smells?_of_(?:drains|damp|regret|sewage) stale cold_(?:food|pizza|coffee|chips) undercooked raw_(?:chicken|meat) filthy dirty tiny shr?unk fix_(?:your|this|it|the) sort_(?:it|this|yourself|yourselves)_out do_better poor_(?:service|quality|show)\w* bad_(?:service|experience) doesn'?t_(?:fit|match|help|exist) does_not_exist"
        r" explain_(?:how|why|to) what_(?:is_actually|on_earth|a_(?:joke|mess)) truly_spoiling oh_(?:lovely|great|good|brilliant|wonderful)\b thanks_for_nothing a_gesture_indeed supposed_to didn'?t_even can'?t_even not_one_person not_good isn'?t_good bait_and refus(?:e|es|ed|ing) ignor(?:e|es|ed|ing) hung_up banned_for restart_my wrong\b mistake gone_downhill"
        r" used_to_be worse chatbot you_(?:put|said|told|promised|sold|shut|block|don't_value|didn't|never)\b your_(?:box|size|app|chart|staff|driver|desk|website|site|machine|bot|email|automated)_ instead_of half_its_name apolog(?:y|ies)_(?:is|was|that) now_fits_the_cat blames?_(?:me|us)"
    ),
    "no_answer": (
        r"no(?:_|-)?(?:one|body)_(?:has_)?(?:replied|replies|responds?|responded|answer\w*|picks?_up|call\w*_back|got_back) still_waiting no_(?:reply|response|answer|update|updates|callback) 0_updates (?:haven'?t|hasn'?t|never|not)_(?:heard|replied|responded|answered|had_a_(?:reply|response)|got_a_(?:reply|response)) ignor(?:ed|ing)_(?:me|my|us) answer_me left_on_read"
        r" (?:emails?|dms?|calls?|tickets?|messages?)_(?:and|un|later|ignored|a_week) get_back_to_me follow(?:ed|ing)_up day_\d+_of_asking voicemail ringing_out just_beeps reply_to_my(?:_dm)? check_(?:your|my)_dms? respond_to"
    ),
    "question": (
        r"\? how_(?:do|can|long|much|many|to)_(?:i|we|you|does|is|it|will|until) does_anyone_know anyone_know can_(?:i|we|you|someone)_\w+ (?:do|does|is|are|will|when|where|what_time|which|who)_(?:do_i|can_i|you_(?:have|ship|do|sell|open|offer)|is_the|are_the|the) what'?s_the wondering_(?:if|whether|how) want_to_know let_me_know tell_me"
    ),
    "request": (
        r"please\b pls\b plz\b kindly could_(?:you|i|we|someone|youse) can_(?:you|we|someone|youse) would_you would_(?:love|like|appreciate) any_chance bring_back(?!_memories) feature_request i(?:'d|_would)_(?:like|love)_(?:to|a|you|if|it) need_(?:someone|you|help|a)_ requesting i_request wish_you(?:'d|_would) consider_ add_(?:a|an|the)_ i_humbly it_would_be_(?:nice|great|good)_if"
        r" give_(?:him|her|them)_a_raise may_we could_do_with dm_me call_me contact_me let_us"
    ),
    "deadline": (
        r"right_now now\b(?=[!.?\s]*$) happening_now asap urgent\w* emergency immediately help[!.\s]*$ help_me somebody\?? someone_help in_\d+_(?:min\w*|hours?|hrs?) (?:closes?|leaves|starts|boarding|deadline|flight|departs?|wedding|due|party)_(?:is_|in_|at_|'s_at_)+ tonight today\b tomorrow_at before_close still_in_(?:the_air|there|here) stuck stranded"
        r" locked_out at_the_(?:till|gate|airport|desk|checkout|station) i'?m_(?:at|stood|in)_(?:the|a|a&e) standing_(?:at|in|here) an_hour_ago just_(?:now|got) since_\d\d?[:.]?\d*_?(?:am|pm)? coming_over_in answer_me 25_minutes \d+_minutes party'?s_at out_again no_other_way goes_out_tomorrow it_does_what"
    ),
    "praise": (
        r"love(?:d|ly|s)?\b amazing awesome fantastic brilliant excellent great(?!_news_for) best\b perfect(?:ly)? wonderful impress\w* beautiful(?:ly)? gorgeous delicious shout_?out legends?\b kudos well_done good_on fair_play hats_off star\b heroes? gent\b gem\b goty obsessed not_bad(?:_at_all)? can'?t_(?:fault|complain) couldn'?t_fault no_complaints?"
        r" nicest kindest friendl\w* helpful quick(?:ly)? five_stars 10/10 ten_out_of_ten made_my_(?:day|week) highly_recommend recommend respect_to bliss unreal magic so_good a_treat happy(?:_with)? glad pleased above_and_beyond goat outlived well_played no_notes sound_out works_a_treat saved_(?:me|my|us|the) grand\b honest(?:ly)?_good not_ghastly"
        r" superb smooth(?:ly)? bang_on top_notch chuffed delighted cracking landed_early i_owe_you gave_me_back hits_different take_back ripe lovely_to_us never_a_bother"
    ),
    "thanks": r"thanks?\b thank_(?:you|u) thx ty\b cheers appreciate(?:d)? grateful much_obliged ta\b fair_play tell_her_thanks",
    "settled": r"(?:all_)?sorted(?:_now)? (?:it'?s_)?fixed working_(?:now|again) resolved lights_(?:are_)?back got_it_(?:now|working) arrived_(?:today|now|safely)? that_worked back_(?:up|on)\b",
    "staff": (
        r"staff\w* crew driver(?:s)? agent\w* team rep\b engineer(?:s)? lad\b lass bloke manager lady guy\b fella man_from ground_staff operator guard nurse_ steward\w* cashier barista(?:s)? person_at give_(?:him|her|them)_a whoever she'?s he'?s our_driver replied_in sorted_(?:me|it|out) fixed_my went_out_of (?:he|she|they)_(?:sat|came|ran|waited|stayed|helped|walked)"
        r" for_(?:sorting|fixing|helping|replying|waiting|the_quick|making|staying|your_help)"
    ),
    "address": r"\byou(?:'ve|'re|'d|r|rs)?\b youse ye\b @\w+",
    "spam": (
        r"giveaway free_(?:\d|gems|gift|followers|iphone|trial_code|premium) \w+_free_🎁 🎁 claim_(?:at|your|now) dm_(?:\"|“|'|me_for|us_to) follow_(?:back|for_follow|\d+_accounts|&|and_rt) f4f crypto bitcoin btc\b nft\b airdrop forex ai_trading trading_(?:bot|coach|signals) earn_(?:r?\$|£|\d|money|daily) work_from_home passive_income make_\$"
        r" promo_code use_code code_\w+\d+ discount_code gift_card_(?:giveaway|😍) tag_(?:\d+|3)_(?:mates|friends) like_(?:and|&|,)_(?:share|follow|retweet) click_(?:here|to|the_link) link_in_bio see_bio check_(?:my|out_my)_(?:profile|bio|page) join_(?:channel|my|our|the_group) 100%_(?:sure|legit|works) no_survey win_(?:a|\$|£) to_(?:enter|win) up_to_\d+%_off \d+%_(?:off|below)"
        r" onlyfans hot_singles cheap_\w+_(?:e-)?tickets inbox(?:_me)?$ (?:telegram|whatsapp|on_tele)\b kyc_will boosting_service mystery_pallets? closing_sale official_outlet account_block(?:ed)? 👉 💰 ✅✅ ➡ 🚨 fixed_tip pay_(?:by_gift|crypto) turned_\d+_into first_\d+_only buy_followers"
    ),
    "not_spam": r"scam fake phish\w* in_\w+'s_name is_(?:this|that|it)_(?:real|legit|you) beware heads_up someone_lost",
    "news": r"https?news sources_say report_alleges (?:bank|company|agency|firm|airline|food_agency|researcher|police|council|official\w*)_(?:says?|said|claims?|alleges) according_to shares_(?:dipped|fell|rose|down|up) closed_(?:down|up)_[\d.]+ fined_\w+ \d+_jobs_to_go administrators(?:_say)? breaking: claims$ alleges$ says$ to_buy_rival",
    "small_talk": (
        r"that'?s_(?:it|the_(?:tweet|review|whole)) lol\b lmao\b 😂 my_(?:barber|nan|dog|cat|knitting|toddler_calls) anyone_(?:else|about|up_for) r/\w+ unpopular_opinion not_me_ saw_(?:a|one) who_is_running hot_take fanart psa\b folks\b everyone'?s_dunking looking_for spreadsheet #\w+ y'all meh\b tbh\b eh,"
    ),
}

CODES = tuple(_JA)


def _compile(words: str, *, boundary: bool) -> re.Pattern[str]:
    pattern = words.replace(" ", "|").replace("_", r"\s")
    return re.compile(rf"(?<!\w)(?:{pattern})" if boundary else pattern, re.MULTILINE)


PATTERNS: dict[str, dict[str, re.Pattern[str]]] = {
    "ja": {code: _compile(words, boundary=False) for code, words in _JA.items()},
    "en": {code: _compile(words, boundary=True) for code, words in _EN.items()},
}
