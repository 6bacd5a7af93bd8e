"""The words that triage looks for, in Japanese and English, and the phrases in which it explains itself.

Patterns are written for text that :func:`monitor.text.normalise` has folded (half-width, lower case). In a list, blanks
separate alternatives and ``_`` stands for a blank inside one. Order inside a list does not matter.
"""

from __future__ import annotations

import re

_JA = {
    "safety": (
        r"異常に熱 過熱 発熱して 煙(?:出|が|を吹|臭) 焦げ臭 燃え(?:出|だ|ました|た。|上が|移) 爆ぜ 弾け飛 ガス臭 ガス漏れ 水漏れ 液漏れ 感電 溶け(?:た|出|て(?:き|い|ま)) (?:指|手|足|口|唇|舌)を?.{0,4}(?:切っ|切り|挟|怪我) 転倒 滑って転 転びかけ 頭を打 気分が悪くな 体調を崩 具合が悪くな 発疹 (?:かゆ|痒)(?:く|み) ただれ 腫れ(?:て|た|まし|上) 息(?:が|苦し)(?:でき|苦)? 呼吸 めまい 痙攣 発作 誤って飲 腐って 腐った 生焼け 半生 糸を引 ゴキブリ ネズミ アレルゲン (?:卵|乳|小麦|そば|ナッツ|えび)(?:アレルギー|が入って|を含) 妊娠中 落ちてき 倒れてき 崩れてき 当たりそうにな ひかれ 轢かれ はねられ 逆走 信号無視 飲酒運転 居眠り 煽り運転 巻き込ま 取り残され 行方(?:が|不明) 迷子(?:に|の)な 殴られ 蹴られ 触られ 脅され ストーカー つきまと 盗まれ 強盗 不審者 サイレン 浸水 倒壊 重傷 軽傷 死者 死んだ(?:人|方) 脱輪 パンク 歯が欠け やけどし 血が止ま "
        r"焦げ臭 焦げ(?:た|まし|てる|てい|くさ|跡) 発火 発煙 火花 から煙 煙が 煙の匂い 火災(?!報知器が鳴って全館) 火事 炎(?:が|見え|上が) 爆発(?!的) 破裂 漏電 感電 やけど(?:し|を|で|の) 火傷"
        r" (?<![だかお])けが(?:を|人|し|は|も) ケガ 怪我 負傷 骨折 出血 血(?:が出|を流|だらけ) \d針 口の中(?:が|を)?切 指(?:が|を)切 異物 金属片 ガラス片 混入"
        r" (?:虫|針|釘|髪の毛|プラスチック|カビ|ゴキブリ).{0,8}(?:入って|出て|生え|いらっしゃ|這) (?:羽のある)?虫が 食中毒 嘔吐 下痢 腹痛 吐(?:いた|いて|き気) o157 レジオネラ サルモネラ"
        r" アナフィラキシー 蕁麻疹 湿疹 水疱 かぶれ 赤み(?:が)?出 腫れ 救急車 救護 病院(?:に|へ|で|向|行) 皮膚科 入院 意識(?:不明|を失|がな) 集中治療 熱中症 倒れ(?:た|て|まし|るの)"
        r" 死亡 死にかけ 死ぬかと 命(?:に関わ|が危) 閉じ込め 挟まれ 下敷き 落下 転落 脱線 衝突 ぶつかっ 追突 事故 急加速 自動ブレーキ 膨張 異臭 洗剤の味 窒息 誤飲 逃げて 刃物 将棋倒し"
        r" 危ない 危険 危なく 開いたまま 蛇行 停電 断水 119 110番 リコール 自主回収 回収対象 待ち伏せ 痴漢 猛スピード 喉が焼け 陥没 酸素マスク 釘が 南京虫 刺され 黒煙 消防 搬送 傾い(?:て|た) 電気も消え 安全バー 中が(?:完全に)?生 半分食べ 消費期限.{0,14}(?:貼|過ぎ|前) 冷蔵.{0,6}止ま 床に落として 避難 発熱しま 焦げた 子どもが噛んで"
    ),
    "legal": (
        r"金融庁 国交省 国土交通省 総務省 厚労省 公正取引 録音(?:が|して|あり|も) 証拠(?:が|を|も|は) 診断書 テレビ局 新聞社 記者です 行政(?:指導|に) "
        r"訴え(?:ます|る(?!よう)|たい) 訴訟 裁判 弁護士 消費者センター 消費生活センター 消費者庁 国民生活センター 法的 警察 被害届 違法 景表法 通報(?:済|し|も) 労基 保健所 告訴 告発 賠償 慰謝料"
        r" 取材して 週刊誌 書類送検 逮捕"
    ),
    "privacy": (
        r"(?:他の|別の|ほかの|違う)(?:人|お客|方|会員|会社).{0,8}(?:情報|名前|氏名|住所|明細|請求|履歴|写真|データ|残高|予約|注文)(?:が|を) 別人の 誤配信 誤送付 全員に(?:見え|届) パスワード.{0,8}(?:漏|勝手) 見覚えのない 知らない(?:請求|注文|引き落|ログイン|端末|番号|住所|カード) 勝手に(?:ログイン|変更され|購入|送金|引き出|公開) 残高が(?:ゼロ|0|消) 不正に 晒され さらされ 丸見え 情報が漏 個人情報 カード番号 "
        r"個人情報 情報.{0,3}(?:流出|漏) 流出 漏洩 漏えい 他人の(?:アカウント|名前|残高|情報|契約|住所|注文|カード|表札以外) 知らない(?:人|お子さん|方).{0,4}(?:の|情報|名前|氏名|注文|契約|住所) 乗っ取"
        r" 不正(?:ログイン|アクセス|利用|送金) 身に覚えのない 丸見え 名簿 なりすまし 盗撮 隠しカメラ 宛名が 住所(?:と|や|が).{0,12}(?:落ち|見え|書かれ) フィッシング 誤送信 誤って添付 添付され 無断で使 誰に届いて カメラみたい スキミング 抜かれ 解錠 操作できるらし 滞納額 入れるんです 口座番号.{0,8}(?:知|見え|まで)"
    ),
    "misconduct": (
        r"侮辱 罵(?:声|倒|ら) 怒鳴 拒否され 盲導犬 断られました。(?:車椅子|障害) 車椅子.{0,12}(?:断|拒|乗せ) 虐待 いじめ 虚偽 誇大 やらせ サクラ 給料未払 賃金未払 過労 舌打ち 暴力 無断で 盗用 残業.{0,6}(?:常態|強要|未払) "
        r"日本語(?:話せ|でき)ない(?:なら|人) 出てけ 差別 ハラスメント セクハラ パワハラ 暴言 怒鳴(?:られ|り合) 児童労働 盗作 パクリ そっくりだと ステマ 改ざん 隠蔽 偽装 突き飛ばさ 当て逃げ 未成年の子に"
        r" 運転手スマホ タイムカード切って 鼻で笑 サービス残業 不正(?:が|を)あ アウトだった"
    ),
    "leaving": (
        r"解約 退会 乗り換え(?!改札|案内|駅) 契約を?(?:終了|切|やめ) 口座を?閉 閉じました やめました やめた(?:わ|。|$) 辞めます 引退(?:し|します) もう(?:二度と|使わ|買わ|行か|頼ま|無理です) 二度と.{0,4}(?:買|使|行か|頼|利用|乗|来|見)(?!たい)"
        r" さよなら さようなら さらば 縁を切 卒業(?:し|かな|します|です|させ|」) 他社(?:に|へ|で|の) (?:別の|他の|他行|別ゲー).{0,8}(?:移|に(?:する|します|した|切り替え)) へ移す に移った 全額移し アンインストール"
        r" アプリ.{0,2}(?:消し|削除し) 。消した 年パス.{0,3}返し 更新(?:は|も)?(?:しません|見送り|しない) 出戻り 次から.{1,10}に(?:する|します) mnp 会員権.{0,3}手放 に乗り換 切り替えた 断捨離 他社にお願い 別ゲー"
        r" やめます 見切り"
    ),
    "refund": r"返金 払い戻し 返品(?!理由) 金返せ お金.{0,3}返し 弁償 補償 返してほしい 返してください",
    "payment": (
        r"[二2]重(?:請求|決済|引き落とし|課金|引落) 2回(?:引き落|請求|決済) 引き落と 引落 誤請求 請求が(?!終) 請求され 勝手に(?:課金|引|契約|有料|変え) 課金され 決済(?:エラー|でき|だけ) 料金.{0,8}(?:違|おかし|取られ)"
        r" 円(?:が|で|も)?(?:引か|取ら) 残高.{0,6}(?:減|消え) 振込(?:でき|が反映) カード.{0,6}(?:弾か|使えな|飲み込) 不正引き出し お札吸われ 督促 自動で有料"
    ),
    "outage": (
        r"システム(?:障害|ダウン|エラー) 真っ白 真っ黒 真っ暗 音が出(?:な|ませ) 映ら(?:な|ん|ず) 通信(?:不能|できな|障害) 電波(?:が)?(?:な|入ら|ゼロ|死) (?:認証|確認)(?:コード|メール)(?:が|も).{0,4}(?:届|来)(?:か)?(?:な|ま) 決済(?:が)?(?:通ら|できな|できま) 発券(?:でき|され) 繋がりま つながりませ 使えません 全く(?:使え|つなが|動) 全然(?:使え|つなが|動) 応答しません "
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
        r"壊れ(?!てくれ) 故障 不良品 不良(?!少年) 不具合 欠陥 バグ(?!って) (?<!が)割れ(?:た|て) 破損 破れ 傷だらけ 異音 黄ばん 欠けて 外れて (?<!ハ)ズレ 縮んだ 色落ち 入ってな(?:い|かっ) 入って(?:い)?ませ 入ってへん 入ってなく"
        r" 明らかに中古 使用済 文字化け 消えた(?!。$) 消えてる 消えて、 電源が(?:入ら|つか) 長さが違う サイズが違 別人すぎ 凹ん ひび 逆についてた 白紙 充電(?:でき|され)(?:な|ま) 髪の毛が 空っぽ 失効して"
    ),
    "complaint": (
        r"ひど(?:い|す|く|か) 酷 最悪(?![ァ-ヶーな]) 最悪な(?!の?に?最高) 最低(?!限|でも|賃|気温) がっかり ガッカリ 残念 失望 不満 不快 不親切 不誠実 不憫 怒(?:って|り(?:が|ま)|る) 腹(?:が)?立 イライラ ムカつ むかつ 許せな"
        r" あり(?:え|得)な(?:い|くない) ふざけ ぼったくり 改悪 値上(?:げ|が) 高すぎ 高くなっ 困(?:って|り(?:ま|果)|る|惑) 迷惑 待た(?:され|せ) 待って(?:い)?(?:る|ます)(?:の|ん)(?:です|に) たらい回し 放置(?:して|され|す|。)? 態度(?:が|悪)"
        r" \d+(?:分|時間|日|週間|か月|ヶ月|カ月|ケ月|年)(?:以上)?も?_?(?:待|経|たっ|たち|動か|放置|まま|かか) \d+(?:回目|度目|回も|回とも|時間待|時間\d) [二三四五]度(?:目|お)? 不味 ぬる(?:い|か) 冷め(?:て|た) 冷えた 汚(?:い|れ|か|す) 臭い"
        r" うるさ 遅(?:い|すぎ|くな|れた|れる) 遅延 運休 欠航 おっそ 混みすぎ やめて(?:ほしい|くれ|ください|もらえ) やめろ どういう(?:こと|つもり|冗談) どうなって なんやねん 何なん なんなん? 何者 くせに 詰ん(?:だ|で) 詰み 拷問 修行(?:か|\?)"
        r" まま(?:です|。|、|…|$|だ|なの|で) 間違(?:え|って|い(?:が|で|まし)) 納得 説明(?:が|も|と)(?:な|あり|足り|違) 期待外れ 裏切 ショック 傷つ 解散 改名しろ 責任(?:取|者) できな(?:い|かっ|く) できませ できん(?!で) でけへん 出来な"
        r" 見(?:ら)?れな 見れませ 押せな 押せませ 戻(?:ら|ってこ)な 変わって(?:い)?ない 直って(?:い)?な 直らな (?:して|て)くれな くれません もらえな されな(?:い|かっ) できかね 効か(?:ない|なく|ん) 出られ(?:な|ま) かかって(?:くる|き) 勝手に 繋がらな"
        r" あまりに さすがに 疑問 看板に偽り 意味(?:が|ない|不明|is) どこ(?:。|$|が|の(?:こと|話)) とは[。…]?$ とは。 じゃ(?:なか|ない)ったの たった 減っ(?:た|て) 小さくな 少なくな 薄(?:い|く) 弱(?:い|すぎ|激) 激弱 しつこ 謎の 詐…"
        r" (?<!たい)んですが…?$ (?<!たい)のですが…?$ んですけど…?$ んだが\??$ んだけど\??$ のに[。、…!?]?$ のに。 やろ。? やんけ やんか でしょ(?:う)?。?$ まで待 待ち\d \d+時間(?:待|経|並) 並(?:ば|ん)(?:され|で\d) 満席 渋滞 完売 鳴りっぱなし 無人"
        r" 誰も(?:い|出|おら|来) おらん(?:し|の) 何回(?:も|目) 何度(?:も|か) また(?:ログ|延|清|落|固|エ|同) ばか(?:り|さ)に ばっかり 言い訳 仕様(?:です|の) お粗末 適当 ステルス 減量 味(?:が)?(?:変わ|落ち) 通じ(?:な|ま) 取れな 入れな(?:い|か) 読めな って言われ(?:た|て|まし) 延期 信用(?:でき|ゼロ|な) ダメ(?:って|で|だ|です|。) (?:聞こえ|見え)(?:ん|な|にく) 一択 [ぁ-ん一-龠]{1,3}ません(?:でした)?(?:[。!?、]|$) [一-龠][らえけせてべめれ]ん(?:[。!?、]|$|の(?:よ|。|\?)|かった|やん) なかった(?:んです|。|けど) [一-龠ぁ-ん]{1,3}ない(?:んです|んだ)(?:[。、が]|けど|よね|$) (?:高|重|大き|小さ|短|長|暗|固|辛|甘|濃|多|似|強|低|狭|激|面倒|不便)すぎ なのに(?:、|。|…) いつまで \d+周目 消滅 消え(?:ない|る(?:よう|ん)) 勧誘 営業電話 強制 キャンセル(?:され|扱|料) ベタベタ べったり 実測 \d[^。]{0,8}→[^。]{0,8}\d うーん 嫌(?:な(?:ん|の)|だ|です) クレーム 呪い ホラー (?:貼る|休む|言う|出す|する)な(?:[。!]|$) 半年。 失効 不正解 ミュート やめます。 お詫び(?:が|」は|の(?:メール|品)) 会費 (?:返|出)(?:せ|てこ)[。!]?$ 金取る べき[。だで] (?:書いて|言って)(?:ある|あった|た)(?:のに|けど|のが) はずの?(?:が|なのに) どうでもよく やんな"
    ),
    "no_answer": (
        r"返[事信](?:が|も|を|は)?.{0,6}(?:な(?:い|く)|来な|来ませ|ませ|待) お返事 音沙汰 問い合わせ.{0,14}(?:返|回答|まだ|ない|ません|経|無視) 無視 既読 連絡(?:が|も|は|すら|ひとつ|ひとつも)?.{0,6}(?:な(?:い|く|かっ)|来な|来ませ|ありませ)"
        r" 誰も(?:出|返|応答|来) 電話.{0,8}(?:出な|出ませ|つなが|繋が|話し中|混み合) いまだ(?:に)?.{0,6}(?:な|ませ) 黙って(?:る|ん) 回答.{0,4}(?:ない|まだ|ませ) 担当が変わり 返金まだ まだですか"
    ),
    "question": (
        r"(?:です|ます|でしょう|ました|ません|んです)か(?!ら) \? (?:んです|るの|たの|ない|ません|んの|る|た|って)か[。…]?$ かな[。…?]*$ って本当 いつ(?:まで|から|頃|ごろ|です|に) っけ(?:。|\?|…|$|[^ァ-ヶぁ-んa-z一-龠]) 教えて(?:くだ|下さ|ほし|いただ|もら|。|$|く|欲|ー|〜) どうすれば どうしたら どちらへ"
    ),
    "request": (
        r"[てで](?:ほし(?:い|か|く)|欲し(?:い|か|く)|ください(?!ま)|下さい(?!ま)|くだせ|くれ(?:ませ|よ|。|、|$|んか)|もらえ(?:ま|な|ると|れば|たら)|いただけ(?:ま|な|る|れば)|頂け|くれたら|くれん|くれや|はくれ) お願い(?:し|い|で|。|!|$) 要望 ご?検討 はよ[。!]?$"
        r" (?:あると|だと|れば|たら|ると)(?:助か|嬉し|うれし|有難|ありがた) 復活(?:させ|して(?:ほ|く)|希|を) 連絡(?:を)?(?:ください|下さい|して|求) ご確認 欲しいです ほしいです 作って(?:くだ|くれ|ほ) 希望(?:し|で) (?:して|で)くれ(?:[。!、]|$) ご教示 対応お願 を[。!…]$ をください 増やして(?:ほ|く) 直して(?:ほ|く|。)"
        r" 説明会 レギュラー化 残して(?:ほ|く|。) やって… 欲しい(?:な|。|$|です) ほしいな 切実 ボタンを つけて(?:[~〜ー。…]|$) 売って(?:[~〜ー。…]|$|く) 頼む(?:わ|。|から|$) 追加(?:して|を) 願います お伝え 求めます もう(?:少し|一段|ちょい|ちょっと)(?:大|小|早|静|暗|ゆっ|何) て[~〜]+ なんとかして ボーナスを 売ってくれ 止めて(?:くだ|く)"
    ),
    "deadline": (
        r"本日中 今晩 残り\d+分 残り\d+時間 まであと 最終便 終電 (?:納期|商談|会議|プレゼン|入試|受験|面接|開場|開演|フライト|出発)(?:が|は|まで|に間|前) 雨の中 炎天下 寒空 急ぎ(?:で|です|の|ま) 急いで(?:い|ます|ほ) 早急 一刻も 取り急ぎ どうにかして 待てませ 待てない もう限界 薬が(?:な|切) 透析 取り残され 帰れ(?:な|ま) 入れません 出られません 開きません 出発でき (?:今|いま)、 さっきから 先ほどから まだ(?:車内|機内|駅|店|中) "
        r"今すぐ すぐ(?:に)?(?:連絡|対応|止め|返事) 即止め 至急 大至急 緊急 あと\d+(?:分|時間) 今日中 \d+分前 \d+時間前 助けて 助けを 早く(?:して|教|対|!|$|め) 間に合わ(?:な|ん) 間に合いませ 締め切 締切 期限が今日 今日(?:が|まで|必要|の\d|家賃)"
        r" 明日(?:の朝|必要|まで|提出|出) どうすれば!! 誰か(?!さん) 動けな 身動き 途方に暮れ 締め出され 閉じ込め 立ち往生 (?:今|いま)(?:も|、|溶け|決済|\d|エンジン|火災|ディーラー|電話|機内|列|まさに困) 現在も 止まったまま ずっと止ま"
        r" もう\d時間 もう\d+分 今夜 明日です 当日の 試験(?:は|が|を受) 手術 葬儀 搭乗口 最寄り駅に 子ども.{0,4}(?:限界|泣) 面接\d キックオフ 始ま(?:る|り)(?:ます)?。 開演 ゲート前 後ろ.{0,6}並ん 後ろの列 レジ(?:で|の前で)詰 挟んだまま 並んでて 応答なし たった今 昨夜から 深夜\d時 !!$ !!!"
    ),
    "praise": (
        r"神(?:対応|アプデ|イベ|ゲー|回|サービス|です|か$|すぎ|$|。|曲|席|って) 最高 好き(?!ではない|じゃな|な方) 大好き うま(?:い|か|っ|す|!|。)(?!くい) 美味 旨 おいし(?:い|か|す)(?!くな) すご(?:い|く良|かっ) 凄 素晴らし 素敵 天才 感動 嬉し うれし 満足 優し"
        r" 丁寧(?!な(?:お詫|詫)) 親切(?!ではない|じゃない) 可愛 かわい 泣いた 泣ける 惚れ 推せる 一生(?:推|つい|使|応援|通) 通う 通います リピ 快適 爆速 快挙 文句なし 文句のつけ 救われ 応援 満点 優秀(?!です) 完璧 良(?:かっ|い商|すぎ|い仕事) よかった(?!のに) 楽し(?:い|か|み) 癒や?し 癒さ"
        r" ナイス 尊い 極楽 有能 信頼 安心(?!。) 良心的 おすすめ オススメ また(?:来|行|買|お願|利用) ファン(?:です|に) 頭(?:が)?(?:上|下)が 足向けて 大当たり 合格 受かり 推し(?:ます|てい) 神(?!奈|社|戸|経|様|棚|楽) 強い 負けた 降りたくない ノーベル賞 土下座"
        r" 見直し 掌返 天国 ありがた 悪くな(?:い|かった) 不満が(?:な|見つから) ええ(?:人|やん|会社やわぁ) 有難 透けない 崩れない 落ちない(?:。|、) 飛び跳ね おもてなし 沁み 買ってよかった ほっこり"
    ),
    "thanks": r"ありがと 有難うご 有り難 感謝 お礼 助かりま 助かった 助かり(?:ー|い) お世話になりました サンキュ おおきに 恩人 お疲れ(?:さま|様)でした 頭(?:が)?上がらん",
    "kindness": (
        r"(?:店員|スタッフ|駅員|配達員|担当|先生|職員|運転士|運転手|機長|女将|店長|大将|キャスト|お兄|お姉|兄ちゃん|おじさん|係|窓口|サポート|公式|中の人|コールセンター|ドライバー|料理長|営業|の人|の方|の子|さん|様|マスコット)"
        r"[^。!?\n]{0,45}[てで](?:くれ(?:た|て(?!な)|まし|る(?![となか]))|くださ(?:っ|り(?!ま)|いまし)|もらっ(?:た|て)|いただき)"
        r" おかげ(?:で|さま|様) おめでと 手書き お礼(?:を|言|状) 応援して(?:ます|い) 負けるな 足向けて"
    ),
    "many": r"相次 続出 みんな(?:同|つなが|使え|困) 各地 ほかの人も 他の人も 近所も うちだけ(?:\?|じゃ|です) 私だけ(?:\?|です|じゃ) \d+(?:人|名)(?:が|以上|くらい|ほど) トレンド 全(?:台|域|部圏外|国|滅|便) 同じ(?:症状|報告|日に) \d+人(?:以上|います|く|倒|立) \d+件以上 検索したら 他にも(?:い|同) ほかにもい (?:自分|俺|うち)だけ\? 周り\d人 \d軒分 × みんな逃げ 拡散 \d万rt 動画(?:あり|回って)",
    "long_customer": r"\d+年(?:間|以上|ほど)?(?:使|利用|愛用|通|契約|会員|ファン) 十年 二十年 ずっと(?:使っ|利用|愛用)て 愛用して(?:き|い)ま 家族で(?:使|利用|契約) 全員(?:で)?(?:解約|乗) 周囲にも 知人にも 他の方にも 勧めませ 信用を?(?:失|でき) 失望 対応次第 最後まで 二度と \d+年(?:使|お世話|通|持|や|間|と|続|来) 弊社 当社は 法人 上級会員 家族(?:全員|\d人) 父の代 毎月\d+ \d+箱 長年 周りにも 全部切り替 全額 全口座 本日(?:付|をもって) 今月末をもって 今日で解約 申請しました 引き止め 縁を切 \d+万円 フレンド\d+人 二度と乗り 消費者 鼻で笑 目が覚め 返信は不要",
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
        r"burning_smell smell_of_(?:gas|burning|smoke) overheat\w* (?:battery|pack)_(?:swelled|swollen|bulg\w*) swell(?:ed|ing)_up scald\w* chok(?:ed|ing|es)_(?:on|hazard) hazard diarrh?oea sick_after (?:made|making)_(?:me|us|him|her|my_\w+)_(?:sick|ill) carbon_monoxide fell_(?:off|on|down|over|from) slipped broke_(?:my|his|her)_(?:arm|leg|wrist|tooth|ankle|foot) (?:cut|sliced|slashed|burn(?:t|ed))_(?:my|his|her|their)_\w+ chipped_(?:my|a)_tooth seizure fainted asthma peanut\w* nut_allergy nearly_hit almost_hit ran_a_red_light speeding drunk threaten\w* followed_me stalk\w* weapon attacked bitten live_wire needle screw_in nail_in razor raw_in_the_middle raw_inside pink_inside bug_in insect\w* worm\w* chemical_(?:smell|burn|taste) bleach\w* toxic_fumes fumes infected infection concussion fractured unresponsive inhaler ventilator dialysis medication wheels?_(?:came|fell)_off steering flood(?:ed|ing) ceiling_(?:fell|came|collapsed) not_breathing doors?_(?:opened|open)_(?:on|while|between) "
        r"on_fire caught_fire went_on_fire fire(?:s|_alarm|_brigade|_service|_department)?(?!_sale) flames? smoke smoking burn(?:t|ed|ing) burns_(?:on|to) sparks? sparking explo(?:de|ded|ding|sion) melted injur\w* hurt stitches bleed\w* blood bruise\w*"
        r" hospital a&e ambulance paramedics? urgent_care food_poison\w* vomit\w* throwing_up been_sick sick_since allerg\w* anaphyla\w* epipen swollen rash hives blister\w* electrocut\w* electric_shock shocked_me choke\w* choking"
        r" glass_in metal_in plastic_in piece_of_(?:metal|glass|plastic) bit_of_(?:blue_)?(?:plastic|metal|glass) mou?ld maggots? bed_bugs? (?:a_)?(?:rat|mouse|mice|rats) cockroach\w* recall(?:ed|s)? unsafe danger\w* crash(?:ed)?_into collaps\w* crushed trapped gas_leak smell(?:s|ed)?_(?:of|like)_(?:gas|burning) lost_(?:all_)?(?:power|brakes|steering) vegetarian vegan coeliac celiac halal feel_sick felt_sick stung"
        r" 999_calls (?:call(?:ed)?|rang|dial\w*)_(?:999|911) oxygen insulin drowning unconscious passed_out sewage knife machete assault\w* evacuat\w* nearly_(?:died|killed|went) derail\w* stuck_(?:on|in)_(?:a|the)_(?:ride|lift|elevator|tunnel) upside_down stopped_breathing police coughing contaminat\w* brakes? airbag"
    ),
    "legal": r"authorit(?:y|ies) report(?:ed|ing)_(?:you|this|it)_to (?:bbc|press|journalist|reporter|newspaper) evidence recorded_(?:the|it|everything) my_mp attorney discrimination_act class_action inspector health_department environmental_health lawyers? solicitor legal_action sue suing lawsuit small_claims ombudsman trading_standards consumer_(?:court|rights|forum|affairs) bbb ftc fca regulator police_report court illegal tribunal watchdog rights_group",
    "privacy": (
        r"(?:someone|somebody)_else'?s?_\w+ other_(?:people|customers?|users?)'?s?_(?:details|data|names|orders|info\w*|addresses) (?:another|a_different)_(?:customer|person|user)'?s? (?:money|savings|balance)_(?:has_)?(?:gone|vanished|disappeared|drained|emptied|stolen) drained_(?:my|our) emptied_my stolen_(?:card|money|from) not_me_(?:logging|buying|who) i_didn't_(?:make|authori[sz]e|order|request) cc'?d_(?:everyone|all|me) password_(?:reset|changed)_i_(?:didn't|never) my_(?:home_)?address_(?:is|was|on) without_my_(?:consent|permission) taken_over impersonat\w* leaked exposed spoof\w* "
        r"data_(?:breach|leak\w*) leak(?:ed|ing)?_(?:my|our|data|customer) breach(?:ed)? hacked hacker\w* identity_theft stranger'?s?_(?:name|address|order|account|details) someone_else'?s_(?:account|order|name|details|data|address|statement|bill) my_(?:personal_)?(?:data|details)"
        r" personal_(?:data|information|details) sim_?swap\w* sim_swapped phish\w* asking_for_my_(?:pin|password|card|photos?) asking_for_photos scam(?:med|mer|s)? fraud\w* unauthori[sz]ed unknown_login someone_(?:is|got|logged)_in(?:to)? gdpr hidden_camera account_(?:was_)?(?:taken_over|compromised)"
    ),
    "misconduct": r"racial\w* racist sexual\w* sexually slurs? homophobic transphobic ableist refused_(?:to_(?:serve|let|board)|entry|service) guide_dog service_dog screamed_at shouted_at swore_at laughed_at_(?:me|my|her|him) mocked humiliat\w* threw_(?:me|us|him|her)_out lied fake_reviews stolen_(?:art\w*|design\w*|work|photo\w*) unpaid_(?:wages|overtime) whistleblow\w* forged cover(?:ed|ing)_up creepy filmed_(?:me|us|her) racis\w* discriminat\w* harass\w* sexist slur groped? abus(?:e|ive|ed) bullied homophob\w* underage child_labou?r walked_in_on_me plagiari\w* stole_(?:my|the)_(?:design|art\w*) cover_?up lied_to",
    "leaving": (
        r"cancel(?:l?ed|l?ing)?_(?:my|our)(?:_\w+)?_(?:account|subscription|membership|contract|plan|policy|sub|pass) cancel(?:l?ed|l?ing)?_my i'?m_(?:out|gone|leaving|done) i_am_(?:out|leaving|done) we'?re_(?:leaving|done|out|off) switch(?:ed|ing)_(?:to|from|away|banks|provider\w*) never_again moved_(?:everything|the_mortgage|my|our)"
        r" moving_(?:my|our|mum's|to_another|to_a_competitor) (?:last|final)_(?:time|order|straw)_?(?:i|with|for)? clos(?:ed|ing)_(?:my|our|the)_accounts? uninstall\w* unsubscrib\w* unfollow\w* delet(?:ed|ing)_(?:the|my|your)_(?:app|account) (?:ported|porting)_out not_renewing won'?t_(?:be_)?renew\w* lost_(?:a|me_as_a)_customer"
        r" taking_(?:my|our)_(?:business|money|custom) go(?:ing)?_elsewhere left_(?:them|you|for) goodbye bye_@ gave_up_my closed_(?:all|my|our|both)\w*_?\w*_accounts moved_(?:the|everything|all) i've_closed dropped_out_of see_ya so_long_@ done_with_(?:you|this|@) quit(?:ting)? (?:leaving|ditch(?:ed|ing))_(?!(?:the|my|your|his|her|our|their|its?|this|that|these|those|an?|some|any|no|me|us|him|at|in|on|from|out|off|behind|something|everything|everyone|people)\b)@?\w+ (?:leaving|ditch(?:ed|ing)|dropp(?:ed|ing))_(?:the|my|our|this)(?:_\w+)?_(?:banks?|networks?|provider|company|carrier|supplier|platform|brand|store|shop|gym|club|plan|subscription|insurer|airline) dropp(?:ed|ing)_(?:you|them)(?!_an?\b) boycott\w* ^done\. gone_to_(?:a_)?competitor ^cancelled"
    ),
    "refund": r"refund\w* money_back reimburs\w* compensat\w* give_me_my_money chargeback",
    "payment": (
        r"taken_(?:£|\$|€)?\d+ took_(?:£|\$|€)\d+ money_(?:has_)?(?:gone|missing|not_in) wages_(?:not|haven't|missing|frozen|aren't) salary account_(?:is_|has_been_)?(?:frozen|locked|blocked|closed|suspended) charged_for_(?:something|a|two|3|2) charge_i_(?:didn't|never) "
        r"double[_-]?charg\w* charged_(?:me_)?(?:twice|\dx|three|double|again|for) charged_\w+_twice charging_me overcharg\w* billing_(?:error|issue|mistake) wrong_bill bill_(?:went_up|is_wrong) billed_(?:me|twice|for) (?:card|payment)_(?:declined|failed|rejected|frozen) payment_(?:taken|gone) debited (?:my_)?wages"
        r" frozen_my took_my_(?:money|\$\d+) says_i_owe missing_money still_(?:being_)?charg\w* you've_charged direct_debit_taken eaten_(?:a|my)"
    ),
    "outage": (
        r"(?:everything|it|app|site|service|network|line|system|portal)('s|_is|_has|_just|_keeps)?_(?:crashed|died|frozen|gone_down|offline|unreachable|failing|stuck) offline 50[0234]_error no_(?:dial_tone|broadband|phone|lights|gas|electricity|electric) power_(?:is_)?(?:out|cut|off) unable_to_(?:log|access|pay|connect|book|use|call|check|open|reach) nothing_(?:loads|works|is_working) blank_screen timed_out times_out still_down not_coming_through stuck_on_(?:loading|the|a) "
        r"(?:is|are|was|still|servers?|site|website|app|network|internet|wifi|service|everything|anyone_else|system)_(?:is_|are_|all_|completely_)?down down_(?:in|for|again|since|at)\b outage\w* no_(?:signal|internet|service|connection|power|hot_water|water|heating|response) power_off can'?t_(?:log|login|sign|connect|access|get_in|check|pay|load|open|reach|book|use)\w*"
        r" cannot_(?:log|login|sign|connect|access|pay|open|book) won'?t_(?:load|open|connect|start|let_me|work|turn|charge|play) not_(?:loading|working|connecting|responding|available) (?:isn'?t|aren'?t|doesn'?t|don'?t|does_not|stopped|no_longer)_work\w* keeps_(?:crash\w*|freez\w*|buffer\w*|drop\w*|log\w*|fail\w*)"
        r" crash(?:es|ed|ing)? error_(?:code|message|\d+) locked_out logs?_(?:me|you)_out session_expired spinning_wheel server(?:s)?_(?:issue|problem)\w* frozen buffering lights?_out has_been_out out_again fell_over"
    ),
    "delivery": (
        r"(?:not|never|hasn'?t|haven'?t|still_not|didn'?t|yet_to|doesn'?t)_(?:been_)?(?:arriv\w*|deliver\w*|show\w*|ship\w*|dispatch\w*|turn\w*_up|come|received|got) says_(?:it_was_|it's_)?delivered where(?:'s|_is)_my (?:parcel|package|order|delivery|bag|luggage)_(?:is_)?(?:late|lost|missing|stuck|hasn't|never|didn't) lost_(?:my_)?(?:parcel|package|bag\w*|luggage)"
        r" late_delivery delivery_(?:is_|was_)?(?:late|failed) weeks?_late wrong_(?:order|item|address|house|size|parcel) sent_(?:me_)?the_wrong missing_(?:item|part|bag|parcel)\w* left_(?:it|the_shop|my_parcel)_(?:with|in|outside)_(?:a_neighbour|the_rain) substitut\w* order_cancelled"
    ),
    "broken": (
        r"broken broke(?:_down)? defect\w* faulty damaged cracked? crack(?:ed|s) snapped shattered dead(?:_on_arrival)? stopped_working bugg?(?:y|ed) bug\b glitch\w* leak(?:s|ing) fell_apart falling_apart shrunk(?:en)? ripped torn scratched malfunction\w* half_(?:the|of)_it_missing expired rotten"
        r" out_of_date save_is_gone (?:is|are)_not_there missing_from wrong_(?:colou?r|size|thing)"
    ),
    "complaint": (
        r"disappoint\w* terrible awful horrible horrendous appalling disgust\w* unacceptable ridiculous pathetic useless rubbish garbage worst shambles joke\b shame(?:ful|_on)? rude disgrace\w* annoy\w* frustrat\w* fed_up sick_of tired_of waste_of angry furious unhappy upset misleading ripped?_off rip[_-]off scandal"
        r" (?:two|three|four|five|six|seven|eight|nine|ten|\d+)_(?:hours?|hrs?|weeks?|months?|days?)_(?:on_hold|late|later|now|waiting|of|in_a_row|ago|and)?_?(?:on_hold|waiting|later|now|late) on_hold waited waiting_(?:for|on|since|at)? (?:day|week|month)_(?:\d+|nine|two|three|four|five)_of queue\w*_(?:for|out) stood_(?:at|in|here) delay(?:ed|s) cancel+ed_(?:again|on|last|the)"
        r" again\b\s*[.!]*$ third_time second_time \dth_(?:time|resched\w*) every_(?:single_)?time no(?:_|-)?(?:body|_one)_(?:at|is|was|on|to|tells?|told|knows?) nothing_(?:works|happens|on_the) still_(?:no|not|waiting|haven'?t|hasn'?t|broken) price_(?:rise|hike|increase)s? fare_hike overpriced expensive_for went_up too_(?:slow|small|expensive|late|loud|thin) slower"
        r" smells?_of_(?:drains|damp|regret|sewage) \d+_mins?_late changed_\w+_times never_on_my war_crime begged ads_on describe_how advertised seconds_late given_our asked_my (?:late|ads|broken|down)_on_every expected_the think_it_through stale cold_(?:food|pizza|coffee|chips) undercooked raw_(?:chicken|meat) dirty tiny shr?unk fix_(?:your|this|it|the) sort_(?:it|this|yourself|yourselves)_out do_better poor_(?:service|quality|show)\w* bad_(?:service|experience) doesn'?t_(?:fit|match|help|exist) does_not_exist"
        r" explain_(?:how|why|to) what_(?:is_actually|on_earth|a_(?:joke|mess)) truly_spoiling oh_(?:lovely|great|good|brilliant|wonderful)\b thanks_for_nothing supposed_to didn'?t_even can'?t_even not_one_person not_good isn'?t_good bait_and refus(?:e|es|ed|ing) ignor(?:e|es|ed|ing) hung_up banned_for restart_my wrong\b mistake gone_downhill"
        r" used_to_be worse chatbot you_(?:put|said|told|promised|sold|shut|block|don't_value|didn't|never)\b your_(?:box|size|app|chart|staff|driver|desk|website|site|machine|bot|email|automated) instead_of apolog(?:y|ies)_(?:is|was|that) blames?_(?:me|us)"
    ),
    "no_answer": (
        r"no(?:_|-)?(?:one|body)_(?:has_)?(?:replied|replies|responds?|responded|answer\w*|picks?_up|call\w*_back|got_back) still_waiting no_(?:reply|response|answer|update|updates|callback) 0_updates (?:haven'?t|hasn'?t|never|not)_(?:heard|replied|responded|answered|had_a_(?:reply|response)|got_a_(?:reply|response)) ignor(?:ed|ing)_(?:me|my|us) answer_me left_on_read"
        r" (?:emails?|dms?|calls?|tickets?|messages?)_(?:and|un|later|ignored|a_week) get_back_to_me follow(?:ed|ing)_up day_\d+_of_asking voicemail ringing_out just_beeps reply_to_my(?:_dm)? check_(?:your|my)_dms? respond_to"
    ),
    "question": (
        r"\? ^(?:when|where|what|how|why|who|which|is|are|do|does|did|can|could|will|would)('s)?_\w+_[^.!]{4,}$ (?:yes_or_no|or_not|or_what)\b how_(?:do|can|long|much|many|to)_(?:i|we|you|does|is|it|will|until) does_anyone_know anyone_know can_(?:i|we|you|someone)_\w+ (?:when|where|what_time|which|who)_(?:do_i|can_i|will_i) do_you_(?:have|ship|do|sell|open|offer) what'?s_the wondering_(?:if|whether|how) want_to_know let_me_know tell_me"
    ),
    "request": (
        r"please\b pls\b plz\b kindly could_(?:you|i|we|someone|youse) can_(?:you|we|someone|youse) would_you would_(?:love|like|appreciate) any_chance bring_back(?!_memories) feature_request i(?:'d|_would)_(?:like|love)_(?:to|a|you|if|it) need_(?:someone|you|help|a) requesting i_request wish_you(?:'d|_would) consider add_(?:a|an|the) i_humbly it_would_be_(?:nice|great|good)_if"
        r" give_(?:him|her|them)_a_raise may_we could_do_with dm_me contact_me let_us"
    ),
    "deadline": (
        r"in_(?:an|one|two|three|half_an|\d+)_(?:hours?|hrs?|mins?|minutes?) by_(?:tonight|noon|midday|\d+_?(?:am|pm)?|end_of) (?:last|only)_(?:train|bus|flight|ferry) final_call boarding my_flight gate_(?:closes|closing|\w+\d+) check-?in_closes (?:job_)?interview funeral surgery operation_(?:today|tomorrow) exam_(?:in|starts|today|tomorrow|is) due_(?:today|tomorrow|tonight) (?:rent|mortgage)_(?:is_)?(?:due|goes) minutes_(?:left|to) running_out asap now_please please_help need_(?:help|this|it|an_answer)_(?:now|today|asap|tonight|urgently|right) as_we_speak right_this_minute currently_(?:stuck|sat|stood|stranded|trapped|locked) (?:still|been)_(?:sat|stood|sitting|standing|stuck|trapped|waiting)_(?:on|in|at|outside|here) outside_(?:in|your|the) nobody_(?:is_)?(?:coming|answering|here) in_the_(?:dark|cold|rain|freezing) alone_with newborn pregnant elderly wheelchair disabled toddler starts_in leaves_in leaves_at closes_in freezing abandoned can't_get_(?:in|out|home|off) "
        r"right_now (?:this_is|is)_happening_now now\b(?=[!?]+$) NOW happening_now asap urgent\w* emergency immediately help[!.\s]*$ help_me somebody\?? someone_help in_\d+_(?:min\w*|hours?|hrs?) (?:closes?|leaves|starts|boarding|deadline|flight|departs?|wedding|due|party)_(?:is_|in_|at_|'s_at_)+ tonight tomorrow_(?:at|morning) exam deadline bag_drop before_close still_in_(?:the_air|there|here) stuck stranded"
        r" locked_out at_the_(?:till|gate|airport|desk|checkout|station) i'm_(?:at|stood_in|in|outside)_(?:the|a|a&e|it) standing_(?:at|in|here) an_hour_ago just_now since_\d\d?[:.]?\d*_?(?:am|pm)? coming_over_in answer_me 25_minutes \d+_minutes out_again no_other_way goes_out_tomorrow"
    ),
    "praise": (
        r"love(?:d|ly|s)?\b amazing awesome fantastic brilliant excellent great(?!_news_for) best\b perfect(?:ly)? wonderful impress\w* beautiful(?:ly)? gorgeous delicious shout_?out legends?\b kudos well_done good_on fair_play hats_off star\b heroes? gent\b gem\b goty obsessed not_bad(?:_at_all)? can'?t_(?:fault|complain) couldn'?t_fault no_complaints?"
        r" nicest kindest friendl\w* helpful quick(?:ly)? five_stars 10/10 ten_out_of_ten made_my_(?:day|week) highly_recommend recommend respect_to bliss unreal magic so_good a_treat happy(?:_with)? glad pleased above_and_beyond goat outlived well_played no_notes sound_out works_a_treat saved_(?:me|my|us|the) works_grand working_grand honest(?:ly)?_good"
        r" superb smooth(?:ly)? bang_on top_notch chuffed delighted cracking landed_early i_owe_you gave_me_back hits_different take_back ripe lovely_to_us never_a_bother"
    ),
    "thanks": r"thanks?\b thank_(?:you|u) thx ty\b cheers appreciate(?:d)? grateful much_obliged ta\b fair_play tell_her_thanks",
    "kindness": (
        r"(?:staff|crew|driver|agent|team|engineer|lad|lass|bloke|manager|lady|guy|fella|operator|conductor|guard|nurse|steward\w*|cashier|tutors?|girl|lad)[^.!?\n]{0,60}(?:stayed|came|ran|waited|helped|sat|fixed|found|drove|walked|gave|made|replied|went_out|took|remembered)"
        r" kudos respect_to good_on credit_where shout_?out hats_off couldn'?t_have_done_it well_done well_played no_notes (?:gave|giving)_me_back i_owe_you tell_her landed_early such_people_still i_take_back never_forget"
    ),
    "many": r"whole_(?:town|street|village|city|building|area|office|team|family) (?:lots|loads|dozens|plenty)_of_(?:us|people|others) (?:other|more)_people_(?:too|saying|reporting|with) trending viral across_(?:the_)?(?:city|country|\w+shire) same_(?:here|issue|problem|thing)_(?:for|with|happened) we_all entire whole_of \d[\d,]+_(?:homes|of_us|customers) everyone('?s)?_(?:is|in|on) all_of us_all people_are anyone_else group_chat screenshots? i_have_(?:a_)?video \dk_reposts thousands hundreds",
    "long_customer": r"(?:loyal|longtime|long-time|lifelong)_(?:customer|member|user|fan) since_(?:19|20)\d\d for_(?:over_)?(?:a_decade|\d+_years|years) customer_for our_(?:company|business|office|firm|school) all_\d+_(?:of_us|accounts|lines|seats) taking_(?:my|our)_(?:business|money) telling_everyone (?:never|not)_(?:coming|going)_back last_straw final_straw you've_lost every_account premium_member platinum gold_member (?:two|three|six|eight|ten|nineteen|twenty|thirty|\d+)_(?:yrs?|years)(?:_of)? all_(?:three|my|our) never_again loyalty refund_or_no unfollowed you_know_what decade whole_family",
    "address": r"\byou(?:'ve|'re|'d|r|rs)?\b youse ye\b @\w+",
    "spam": (
        r"giveaway free_(?:\d|gems|gift|followers|iphone|trial_code|premium) \w+_free_🎁 🎁 claim_(?:at|your|now) dm_(?:\"|“|'|me_for|us_to) follow_(?:back|for_follow|\d+_accounts|&|and_rt) f4f crypto bitcoin btc\b nft\b airdrop forex ai_trading trading_(?:bot|coach|signals) earn_(?:r?\$|£|\d|money|daily) work_from_home passive_income make_\$"
        r" promo_code use_code code_\w+\d+ discount_code gift_card_(?:giveaway|😍) tag_(?:\d+|3)_(?:mates|friends) like_(?:and|&|,)_(?:share|follow|retweet) click_(?:here|to|the_link) link_in_bio see_bio check_(?:my|out_my)_(?:profile|bio|page) join_(?:channel|my|our|the_group) 100%_(?:sure|legit|works) no_survey win_(?:a|\$|£) to_(?:enter|win) up_to_\d+%_off \d+%_(?:off|below)"
        r" onlyfans hot_singles cheap_\w+_(?:e-)?tickets inbox(?:_me)?$ (?:telegram|whatsapp|on_tele)\b kyc_will boosting_service mystery_pallets? closing_sale official_outlet account_block(?:ed)? 👉 💰 ✅✅ ➡ 🚨 fixed_tip pay_(?:by_gift|crypto) turned_\d+_into first_\d+_only buy_followers"
    ),
    "not_spam": r"scam fake phish\w* in_\w+'s_name is_(?:this|that|it)_(?:real|legit|you) beware heads_up someone_lost",
    "news": r"https?news sources_say report_alleges (?:bank|company|agency|firm|airline|food_agency|researcher|police|council|official\w*)_(?:says?|said|claims?|alleges) according_to shares_(?:dipped|fell|rose|down|up) closed_(?:down|up)_[\d.]+ fined_\w+ \d+_jobs_to_go administrators(?:_say)? breaking: claims$ alleges$ says$ to_buy_rival",
    "small_talk": (
        r"that'?s_(?:it|the_(?:tweet|review|whole)) lol\b lmao\b 😂 anyone_(?:else|about|up_for) r/\w+ unpopular_opinion not_me_ saw_(?:a|one) who_is_running hot_take fanart psa\b folks\b everyone'?s_dunking looking_for spreadsheet #\w+ y'all meh\b tbh\b eh,"
    ),
}


CODES = tuple(_JA)


def _compile(words: str, *, boundary: bool) -> re.Pattern[str]:
    pattern = words.replace(" ", "|").replace("_", r"\s")
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)" if boundary else pattern, re.MULTILINE)


PATTERNS: dict[str, dict[str, re.Pattern[str]]] = {
    "ja": {code: _compile(words, boundary=False) for code, words in _JA.items()},
    "en": {code: _compile(words, boundary=True) for code, words in _EN.items()},
}
